package appeals

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"gongping/internal/errs"
)

// magic are the beginnings by which files are known: the name's ending alone
// is not believed.
var magic = []struct{ ext, media, begins string }{
	{".pdf", "application/pdf", "%PDF-"},
	{".png", "image/png", "\x89PNG\r\n\x1a\n"},
	{".jpg", "image/jpeg", "\xff\xd8\xff"},
	{".jpeg", "image/jpeg", "\xff\xd8\xff"},
	{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04"},
	{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04"},
	{".txt", "text/plain; charset=utf-8", ""},
	{".csv", "text/csv; charset=utf-8", ""},
}

// Accept is the list of endings for file choosers.
const Accept = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.txt,.csv"

// CheckFile returns the media type of a file that may be kept as evidence; other
// rooms take the same kinds of files as appeals.
func CheckFile(name string, content []byte) (string, error) {
	return mediaType(File{Name: name, Content: content})
}

// mediaType checks size and content of a file against its name's ending.
func mediaType(f File) (string, error) {
	if len(f.Content) == 0 || len(f.Content) > MaxFile {
		return "", errs.New(errs.TooLarge, "appeal.file_size", "the file is empty or too large").
			At("files", fmt.Sprintf("%d bytes", len(f.Content)), fmt.Sprintf("1 byte to %d MB", MaxFile>>20), "attach a smaller file")
	}
	ext := strings.ToLower(path.Ext(f.Name))
	for _, m := range magic {
		if m.ext != ext {
			continue
		}
		if m.begins == "" && utf8.Valid(f.Content) && !bytes.ContainsRune(f.Content, 0) || m.begins != "" && bytes.HasPrefix(f.Content, []byte(m.begins)) {
			return m.media, nil
		}
	}
	return "", errs.New(errs.Invalid, "appeal.file_type", "the file cannot be taken as evidence").
		At("files", ext, "PDF, PNG, JPEG, DOCX, XLSX, or text in UTF-8, with content to match", "save it as one of these")
}
