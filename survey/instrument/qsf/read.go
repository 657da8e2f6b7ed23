// Package qsf reads the survey files of Qualtrics (.qsf), which are JSON.
package qsf

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// maxBytes is the largest file that is read.
const maxBytes = 32 << 20

type file struct {
	SurveyEntry    map[string]any    `json:"SurveyEntry"`
	SurveyElements []json.RawMessage `json:"SurveyElements"`
}

// element is one of the survey. Converters write Type where Qualtrics itself
// writes Element, so both are read.
type element struct {
	Element          string          `json:"Element"`
	Type             string          `json:"Type"`
	PrimaryAttribute string          `json:"PrimaryAttribute"`
	Payload          json.RawMessage `json:"Payload"`
	block
	Flow []flow `json:"Flow"`
}

type block struct {
	Type          string         `json:"Type"`
	ID            string         `json:"ID"`
	Description   string         `json:"Description"`
	BlockElements []blockElement `json:"BlockElements"`
	Options       map[string]any `json:"Options"`
}

type blockElement struct {
	Type       string            `json:"Type"`
	QuestionID string            `json:"QuestionID"`
	SkipLogic  []json.RawMessage `json:"SkipLogic"`
}

type flow struct {
	Type        string `json:"Type"`
	ID          string `json:"ID"`
	Description string `json:"Description"`
	Flow        []flow `json:"Flow"`
}

// payload is a question.
type payload struct {
	QuestionID, QuestionType, Selector, SubSelector, QuestionText, QuestionDescription, DataExportTag, QuestionJS string
	Choices, Answers, Language, Configuration, DisplayLogic, Randomization, DefaultChoices, RecodeValues          json.RawMessage
	ChoiceOrder, AnswerOrder                                                                                      []any
	Validation                                                                                                    struct{ Settings map[string]any }
}

type reader struct {
	rep     exchange.Report
	q       *instrument.Questionnaire
	main    string
	ids     exchange.Names
	byID    map[string]payload
	item    map[string]string            // item by QuestionID
	codes   map[string]map[string]string // code by QuestionID and choice
	matrixA map[string]map[string]string // code of a matrix's column by QuestionID and answer
}

// Read turns a file into a questionnaire and a report.
func Read(data []byte) (*instrument.Questionnaire, *exchange.Report, error) {
	if len(data) > maxBytes {
		return nil, nil, errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").At("", strconv.Itoa(len(data)), "at most 32 MB", "export the survey without its library")
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, nil, errs.Wrap(err, errs.Invalid, "exchange.json", "the file is not valid JSON").At("", "", "a .qsf file", "export the survey again")
	}
	r := &reader{q: &instrument.Questionnaire{Title: instrument.Lang{}, Intro: instrument.Lang{}, Thanks: instrument.Lang{}}, main: "en", ids: exchange.Names{},
		byID: map[string]payload{}, item: map[string]string{}, codes: map[string]map[string]string{}, matrixA: map[string]map[string]string{}}
	r.rep.Format = "Qualtrics"
	if l, _ := f.SurveyEntry["SurveyLanguage"].(string); l != "" {
		r.main = tag(l)
	}
	if n, _ := f.SurveyEntry["SurveyName"].(string); n != "" {
		r.q.Title[r.main] = r.rep.Plain(n, exchange.Place{})
	}
	blocks, order := r.elements(f.SurveyElements)
	if len(r.byID) == 0 {
		return nil, nil, errs.New(errs.Invalid, "exchange.no_questions", "there is no question in the file").At("SurveyElements", "", "a Qualtrics survey", "export it as .qsf")
	}
	r.blocks(blocks, order)
	exchange.Finish(r.q, &r.rep, r.main)
	return r.q, &r.rep, nil
}

func tag(s string) string {
	switch low := strings.ToLower(strings.ReplaceAll(s, "_", "-")); {
	case low == "zh-s" || low == "zh-hans" || low == "zh" || low == "zh-cn":
		return "zh"
	case low == "en" || strings.HasPrefix(low, "en-"):
		return "en"
	default:
		return exchange.OtherTag(low)
	}
}

// elements sorts the elements: questions, blocks, flow; others are reported.
func (r *reader) elements(list []json.RawMessage) (blocks []block, order []string) {
	for _, raw := range list {
		var e element
		if json.Unmarshal(raw, &e) != nil {
			r.rep.Add(exchange.Fault, exchange.Place{}, "element", string(raw[:min(len(raw), 200)]))
			continue
		}
		kind := e.Element
		if kind == "" {
			kind = map[string]string{"Question": "SQ", "Block": "BL", "Default": "BL", "Standard": "BL", "Flow": "FL", "EmbeddedData": "ED"}[e.Type]
		}
		switch kind {
		case "SQ":
			var p payload
			if err := json.Unmarshal(e.Payload, &p); err != nil || p.QuestionID == "" {
				r.rep.Add(exchange.Fault, exchange.Place{Item: e.PrimaryAttribute}, "element", string(e.Payload[:min(len(e.Payload), 200)]))
				continue
			}
			if _, twice := r.byID[p.QuestionID]; twice {
				r.rep.Add(exchange.Fault, exchange.Place{Item: p.QuestionID}, "name_twice", p.QuestionID, "ID", "—")
				continue
			}
			r.byID[p.QuestionID] = p
			order = append(order, p.QuestionID)
		case "BL":
			blocks = append(blocks, r.blockList(e)...)
		case "FL":
			r.flow(e)
		case "ED":
			r.rep.Add(exchange.Note, exchange.Place{}, "embedded", "")
		default:
			name := kind
			if name == "" {
				name = e.Type
			}
			if name == "" {
				name = "?"
			}
			r.rep.Add(exchange.Note, exchange.Place{}, "survey_element", name)
		}
	}
	return blocks, order
}

// blockList reads blocks, which Qualtrics writes as a list or as an object.
func (r *reader) blockList(e element) []block {
	if len(e.Payload) == 0 || string(e.Payload) == "null" {
		return []block{{e.Type, e.ID, e.Description, e.BlockElements, e.Options}}
	}
	var list []block
	if json.Unmarshal(e.Payload, &list) == nil {
		return list
	}
	var byKey map[string]block
	if json.Unmarshal(e.Payload, &byKey) == nil {
		for _, k := range slices.SortedFunc(maps.Keys(byKey), numeric) {
			list = append(list, byKey[k])
		}
		return list
	}
	r.rep.Add(exchange.Fault, exchange.Place{}, "element", string(e.Payload[:min(len(e.Payload), 200)]))
	return nil
}

// numeric sorts keys such as "2" and "10" as numbers.
func numeric(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX == nil && errY == nil {
		return x - y
	}
	return strings.Compare(a, b)
}

// flow reports what of the survey flow the model has no place for.
func (r *reader) flow(e element) {
	list := e.Flow
	if len(list) == 0 && len(e.Payload) > 0 {
		var p struct{ Flow []flow }
		if json.Unmarshal(e.Payload, &p) == nil {
			list = p.Flow
		}
	}
	var walk func(list []flow, depth int)
	walk = func(list []flow, depth int) {
		for _, f := range list {
			switch f.Type {
			case "Block", "Standard", "Root", "Group":
			case "EmbeddedData":
				r.rep.Add(exchange.Note, exchange.Place{}, "embedded", f.Description)
			default:
				r.rep.Add(exchange.Lost, exchange.Place{}, "flow", f.Type, "Type", f.Type)
			}
			if depth < 20 {
				walk(f.Flow, depth+1)
			}
		}
	}
	walk(list, 0)
}

// blocks walks through the blocks; each is a section.
func (r *reader) blocks(blocks []block, order []string) {
	placed := map[string]bool{}
	many := 0
	for _, b := range blocks {
		if b.Type != "Trash" {
			many++
		}
	}
	for i, b := range blocks {
		at := exchange.Place{Item: b.Description}
		if b.Type == "Trash" {
			for _, e := range b.BlockElements {
				if placed[e.QuestionID] = true; e.Type == "Question" {
					r.rep.Add(exchange.Note, exchange.Place{Item: r.byID[e.QuestionID].DataExportTag}, "trash", r.byID[e.QuestionID].QuestionText)
				}
			}
			continue
		}
		if v := b.Options["RandomizeQuestions"]; v != nil && v != "false" && v != "" && v != false {
			r.rep.Add(exchange.Lost, at, "random", b.Description)
		}
		section := ""
		if many > 1 {
			section = "b" + strconv.Itoa(i+1)
			title := instrument.Lang{}
			if s := r.rep.Plain(b.Description, at); s != "" {
				title[r.main] = s
			}
			r.q.Sections = append(r.q.Sections, instrument.Section{ID: section, Title: title})
		}
		for _, e := range b.BlockElements {
			p, ok := r.byID[e.QuestionID]
			switch {
			case e.Type == "Page Break" || e.QuestionID == "":
				if e.Type != "Page Break" && e.Type != "" {
					r.rep.Add(exchange.Note, at, "survey_element", e.Type)
				}
				continue
			case !ok:
				r.rep.Add(exchange.Fault, at, "question_missing", e.QuestionID)
				continue
			case placed[e.QuestionID]:
				r.rep.Add(exchange.Fault, at, "question_twice", e.QuestionID, "Line", "—")
				continue
			}
			placed[e.QuestionID] = true
			r.question(p, section)
			if len(e.SkipLogic) > 0 {
				r.rep.Add(exchange.Lost, exchange.Place{Item: name(p)}, "skip_to", string(e.SkipLogic[0]))
			}
		}
	}
	for _, id := range order {
		if !placed[id] {
			r.rep.Add(exchange.Note, exchange.Place{Item: name(r.byID[id])}, "unplaced", id)
			if len(blocks) == 0 {
				r.question(r.byID[id], "")
			}
		}
	}
}

func name(p payload) string {
	if p.DataExportTag != "" {
		return p.DataExportTag
	}
	return p.QuestionID
}
