// Package lss reads the survey structure of LimeSurvey (.lss), an XML dump of
// its tables.
package lss

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"gongping/internal/errs"
)

// row is one row of a table, with the line at which it begins.
type row struct {
	line  int
	cells map[string]string
}

func (r row) get(name string) string { return r.cells[name] }

func (r row) int(name string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(r.cells[name]))
	return n
}

// The limits of a file.
const (
	maxBytes = 32 << 20
	maxRows  = 200_000
	maxDepth = 12
)

// tables reads the XML into tables by name. Document type declarations are
// refused: entities are not for a questionnaire.
func tables(data []byte) (map[string][]row, error) {
	if len(data) > maxBytes {
		return nil, errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").At("", strconv.Itoa(len(data)), "at most 32 MB", "export the survey structure without answers")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf-8") {
			return in, nil
		}
		return nil, errs.New(errs.Invalid, "exchange.charset", "the file is not in UTF-8")
	}
	out := map[string][]row{}
	var path []string
	var now row
	var text strings.Builder
	rows := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		line, _ := d.InputPos()
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "exchange.xml", "the file is not well-formed XML").At("line "+strconv.Itoa(line), "", "an .lss file", "export the survey structure again")
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, errs.New(errs.Invalid, "exchange.doctype", "the file declares a document type or entities").
				At("line "+strconv.Itoa(line), "<!"+string(t[:min(len(t), 40)]), "a plain .lss file", "export the survey structure again")
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxDepth {
				return nil, errs.New(errs.Invalid, "exchange.xml", "the file is not well-formed XML").At("line "+strconv.Itoa(line), "", "an .lss file", "export the survey structure again")
			}
			if len(path) == 4 && t.Name.Local == "row" {
				now = row{line, map[string]string{}}
			}
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			switch {
			case len(path) == 5 && path[2] == "rows" && path[3] == "row":
				now.cells[path[4]] = text.String()
			case len(path) == 4 && path[2] == "rows" && path[3] == "row":
				out[path[1]] = append(out[path[1]], now)
				if rows++; rows > maxRows {
					return nil, errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").At("", strconv.Itoa(rows), "fewer rows", "export the survey structure without answers")
				}
			case len(path) == 2 && path[1] == "LimeSurveyDocType":
				out["doctype"] = []row{{line, map[string]string{"type": strings.TrimSpace(text.String())}}}
			}
			path = path[:len(path)-1]
			text.Reset()
		}
	}
	if len(out["questions"]) == 0 {
		return nil, errs.New(errs.Invalid, "exchange.no_questions", "there is no question in the file").At("questions", "", "a LimeSurvey survey structure", "export it as .lss")
	}
	return out, nil
}
