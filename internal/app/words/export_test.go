package words

import (
	"io"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/seal"
	"gongping/scoring/qualitative"
)

// TryTable reads a table of comments and stores nothing.
func TryTable(file io.ReaderAt, size int64) error {
	s := New(&app.Core{Seal: seal.New(make([]byte, 32)), Clock: &clock.Fixed{T: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}})
	_, err := s.readComments(authz.SystemActor("310104"), file, size, nil)
	return err
}

// TryScheme reads a table of topics and makes it a codebook, which has to hold.
func TryScheme(file io.ReaderAt, size int64) error {
	list, err := readScheme(file, size)
	if err != nil {
		return err
	}
	book, err := qualitative.FromScheme(map[string]string{"zh": "主题"}, list, nil)
	if err != nil {
		return err
	}
	return book.Check()
}
