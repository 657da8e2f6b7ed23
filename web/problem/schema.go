package problem

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2/validation"

	"gongping/internal/errs"
	"gongping/web/locale"
)

// schemaFault is a sentence of the library that checks bodies and parameters
// against their schema, and the key of ours. What stands where its verbs are
// fills {{.A}} and {{.B}}.
type schemaFault struct {
	key     string
	pattern *regexp.Regexp
}

// schemaFaults are all sentences that the library has. They come in English
// only; TestEverySchemaFaultIsTold fails where one is missing.
var schemaFaults = compile(map[string]string{
	validation.MsgUnexpectedProperty:                 "schema.unexpected",
	validation.MsgExpectedRFC3339DateTime:            "schema.datetime",
	validation.MsgExpectedRFC1123DateTime:            "schema.datetime_http",
	validation.MsgExpectedRFC3339Date:                "schema.date",
	validation.MsgExpectedRFC3339Time:                "schema.time",
	validation.MsgExpectedRFC5322Email:               "schema.email",
	validation.MsgExpectedRFC5890Hostname:            "schema.hostname",
	validation.MsgExpectedRFC2673IPv4:                "schema.ip",
	validation.MsgExpectedRFC2373IPv6:                "schema.ip",
	validation.MsgExpectedRFCIPAddr:                  "schema.ip",
	validation.MsgExpectedRFC3986URI:                 "schema.uri",
	validation.MsgExpectedRFC4122UUID:                "schema.uuid",
	validation.MsgExpectedRFC6570URITemplate:         "schema.uri",
	validation.MsgExpectedRFC6901JSONPointer:         "schema.pointer",
	validation.MsgExpectedRFC6901RelativeJSONPointer: "schema.pointer",
	validation.MsgExpectedRegexp:                     "schema.regexp",
	validation.MsgExpectedMatchAtLeastOneSchema:      "schema.no_form",
	validation.MsgExpectedMatchExactlyOneSchema:      "schema.no_form",
	validation.MsgExpectedNotMatchSchema:             "schema.no_form",
	validation.MsgExpectedPropertyNameInObject:       "schema.no_form",
	validation.MsgExpectedBoolean:                    "schema.boolean",
	validation.MsgExpectedDuration:                   "schema.duration",
	validation.MsgExpectedNumber:                     "schema.number",
	validation.MsgExpectedInteger:                    "schema.integer",
	validation.MsgExpectedString:                     "schema.string",
	validation.MsgExpectedBase64String:               "schema.base64",
	validation.MsgExpectedArray:                      "schema.array",
	validation.MsgExpectedObject:                     "schema.object",
	validation.MsgExpectedArrayItemsUnique:           "schema.twice",
	validation.MsgExpectedOneOf:                      "schema.one_of",
	validation.MsgExpectedMinimumNumber:              "schema.min",
	validation.MsgExpectedExclusiveMinimumNumber:     "schema.above",
	validation.MsgExpectedMaximumNumber:              "schema.max",
	validation.MsgExpectedExclusiveMaximumNumber:     "schema.below",
	validation.MsgExpectedNumberBeMultipleOf:         "schema.multiple",
	validation.MsgExpectedMinLength:                  "schema.min_length",
	validation.MsgExpectedMaxLength:                  "schema.max_length",
	validation.MsgExpectedBePattern:                  "schema.pattern",
	validation.MsgExpectedMatchPattern:               "schema.pattern",
	validation.MsgExpectedMinItems:                   "schema.min_items",
	validation.MsgExpectedMaxItems:                   "schema.max_items",
	validation.MsgExpectedMinProperties:              "schema.min_properties",
	validation.MsgExpectedMaxProperties:              "schema.max_properties",
	validation.MsgExpectedRequiredProperty:           "schema.required",
	validation.MsgExpectedDependentRequiredProperty:  "schema.required_with",
	// What it says of parameters and of the body as a whole.
	"required query parameter is missing":                      "schema.parameter",
	"required path parameter is missing":                       "schema.parameter",
	"required header parameter is missing":                     "schema.parameter",
	"required cookie parameter is missing":                     "schema.parameter",
	"unknown query parameter":                                  "schema.unknown_parameter",
	"expected at most one value, but received multiple values": "schema.once",
	"invalid integer":                                          "schema.integer",
	"invalid float":                                            "schema.number",
	"invalid floating value":                                   "schema.number",
	"invalid boolean":                                          "schema.boolean",
	"invalid date/time for format %s":                          "schema.datetime",
	"invalid url.URL value":                                    "schema.uri",
	"invalid value: %s":                                        "schema.value",
	"request body is required":                                 "schema.no_body",
	"request body read timeout":                                "schema.slow",
	"request body is too large limit=%d bytes":                 "upload.large",
	"unknown content type%s":                                   "schema.content_type",
	"invalid character %s":                                     "schema.json",
	"unexpected end of JSON input":                             "schema.json",
	"unexpected EOF":                                           "schema.json",
	"json: %s":                                                 "schema.json",
})

var verb = regexp.MustCompile(`%[vsd]`)

func compile(sentences map[string]string) []schemaFault {
	var out []schemaFault
	for s, key := range sentences {
		out = append(out, schemaFault{key, regexp.MustCompile(`^` + verb.ReplaceAllString(regexp.QuoteMeta(s), `(.*?)`) + `$`)})
	}
	return out
}

// schemaSentence says a sentence of the library in the reader's language. An
// English reader gets the library's own, which is as good as ours; so does
// everybody where it says something that we do not know.
func schemaSentence(s string, p *locale.Printer) string {
	for _, f := range schemaFaults {
		m := f.pattern.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if f.key == "upload.large" {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			return sentence(TooLarge(n), p)
		}
		if p.Lang() == locale.English {
			return s
		}
		args := map[string]any{}
		for i, name := range []string{"A", "B"} {
			if len(m) > i+1 {
				args[name] = strings.Trim(m[i+1], `"`)
			}
		}
		return p.Map(f.key, args)
	}
	return s
}

// largeBody finds in what the library tells that a body was cut off because it
// is too large for the server as a whole.
func largeBody(list []error) *errs.Error {
	for _, err := range list {
		if e, ok := Large(err).(*errs.Error); ok {
			return e
		}
	}
	return nil
}
