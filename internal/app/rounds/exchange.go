package rounds

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/tabular"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/lss"
	"gongping/survey/instrument/qsf"
	"gongping/survey/instrument/xlsform"
	"gongping/survey/instrument/zhtext"
)

// MaxQuestionnaireFile is the largest file a questionnaire is read from.
const MaxQuestionnaireFile = 32 << 20

// Imported is a questionnaire read from a file, not yet stored, with the report
// of what was understood.
type Imported struct {
	Questionnaire *instrument.Questionnaire `json:"questionnaire"`
	Report        *exchange.Report          `json:"report"`
}

// ReadQuestionnaire reads a questionnaire from a file for somebody who may
// make one. Nothing is stored.
func (s *Service) ReadQuestionnaire(who authz.Actor, name string, r io.Reader) (Imported, error) {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return Imported{}, err
	}
	return ReadQuestionnaire(name, r)
}

// ReadQuestionnaire reads a file: XLSForm, the text format of Chinese survey
// sites, LimeSurvey, Qualtrics, or the system's own JSON. What it is shows in
// its first bytes; the name is only used in errors.
func ReadQuestionnaire(name string, r io.Reader) (in Imported, err error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxQuestionnaireFile+1))
	if err != nil {
		return in, err
	}
	if len(data) > MaxQuestionnaireFile {
		return in, errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").
			At(path.Base(name), "", "at most 32 MB", "export only the questionnaire, without answers and media")
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(text) == 0:
		return in, errs.New(errs.Invalid, "import.empty", "the file is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		in.Questionnaire, in.Report, err = readWorkbook(data)
	case bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return in, errs.New(errs.Invalid, "import.xls", "this is the old XLS format or a protected workbook").
			At("", "XLS", "XLSX", "open it and save it as XLSX without a password")
	case text[0] == '<':
		in.Questionnaire, in.Report, err = lss.Read(text)
	case text[0] == '{':
		in.Questionnaire, in.Report, err = readJSON(text)
	default:
		var s string
		if s, err = decodeText(data); err == nil {
			in.Questionnaire, in.Report, err = zhtext.Read(s)
		}
	}
	if err != nil {
		return Imported{}, err
	}
	if len(in.Questionnaire.Items) == 0 && in.Report.Counts[exchange.Lost] == 0 {
		return Imported{}, errs.New(errs.Invalid, "exchange.nothing", "no question was found in the file").
			At(path.Base(name), "", "at least one question", "check that this is the questionnaire and not its answers or a cover sheet")
	}
	return in, nil
}

func readWorkbook(data []byte) (*instrument.Questionnaire, *exchange.Report, error) {
	sheets, err := tabular.Workbook(bytes.NewReader(data), int64(len(data)), tabular.WorkbookLimits)
	if err != nil {
		return nil, nil, err
	}
	list := make([]exchange.Sheet, len(sheets))
	for i, s := range sheets {
		list[i].Name = s.Name
		for _, r := range s.Rows {
			list[i].Rows = append(list[i].Rows, exchange.Row{Line: r.Number, Cells: r.Cells})
		}
		for _, f := range s.Formulas {
			list[i].Formulas = append(list[i].Formulas, exchange.Cell{Line: f.Number, Name: f.Name, Text: f.Formula})
		}
	}
	return xlsform.Read(list)
}

// readJSON reads the system's own questionnaires, and Qualtrics files.
func readJSON(data []byte) (*instrument.Questionnaire, *exchange.Report, error) {
	var own struct {
		Items json.RawMessage `json:"items"`
	}
	if json.Unmarshal(data, &own) == nil && own.Items != nil {
		q, err := instrument.Decode(data)
		if err != nil {
			return nil, nil, err
		}
		rep := &exchange.Report{Format: "Gongping JSON", Items: len(q.Items)}
		for i := range q.Items {
			rep.Options += len(q.Items[i].Options)
		}
		return q, rep, nil
	}
	return qsf.Read(data)
}

// decodeText reads UTF-8, UTF-16 with a mark, or GB18030.
func decodeText(data []byte) (string, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		b, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
		return string(b), err
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	b, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || strings.ContainsRune(string(b), 0) {
		return "", errs.New(errs.Invalid, "exchange.format", "the format of the file is not known").
			At("", "", "XLSForm (.xlsx), text, LimeSurvey (.lss) or Qualtrics (.qsf)", "export the questionnaire in one of them")
	}
	return string(b), nil
}

// WriteXLSForm writes a questionnaire as an XLSForm workbook.
func WriteXLSForm(w io.Writer, q *instrument.Questionnaire, id, version string) error {
	return writeSheets(w, xlsform.Write(q, id, version))
}

// WriteTable writes one sheet as a workbook.
func WriteTable(w io.Writer, name string, rows [][]string) error {
	s := exchange.Sheet{Name: name}
	for i, r := range rows {
		s.Rows = append(s.Rows, exchange.Row{Line: i + 1, Cells: r})
	}
	return writeSheets(w, []exchange.Sheet{s})
}

func writeSheets(w io.Writer, sheets []exchange.Sheet) error {
	list := make([]tabular.Sheet, len(sheets))
	for i, s := range sheets {
		list[i].Name = s.Name
		for _, r := range s.Rows {
			list[i].Rows = append(list[i].Rows, tabular.SheetRow{Number: r.Line, Cells: r.Cells})
		}
	}
	return tabular.WriteWorkbook(w, list)
}
