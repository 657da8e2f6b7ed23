package problem

import (
	"errors"
	"fmt"
	"net/http"

	"gongping/internal/errs"
)

// TooLarge is the refusal of what is larger than limit bytes.
func TooLarge(limit int64) *errs.Error {
	size := fmt.Sprintf("%d MB", (limit+1<<19)>>20)
	if limit < 1<<20-1 {
		size = fmt.Sprintf("%d KB", limit>>10)
	}
	return errs.New(errs.TooLarge, "upload.large", "the file is larger than %s, the most that is taken here", size).
		With(map[string]any{"Max": size}).At("", "", "", "choose the right file, or split it; nothing of this one was kept")
}

// Large gives TooLarge where reading a body ended because it is too large, nil
// elsewhere.
func Large(err error) error {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(e.Limit)
	}
	return nil
}
