package draws

import (
	"bufio"
	"context"
	"io"
	"os"
	"sync"
)

// keptBundles is how many bundles wait in temporary files for the next reader.
const keptBundles = 4

// bundles are the files of bundles that were asked for lately, the last at the
// end. A file has no name any more; it goes when nobody reads it.
type bundles struct {
	making sync.Mutex // one at a time: anybody may ask, without signing in
	mu     sync.Mutex
	kept   []bundleFile
}

type bundleFile struct {
	draw string
	file *os.File
	size int64
}

func (b *bundles) find(draw string) *io.SectionReader {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.kept {
		if k.draw == draw {
			return io.NewSectionReader(k.file, 0, k.size)
		}
	}
	return nil
}

func (b *bundles) keep(k bundleFile) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept = append(b.kept, k); len(b.kept) > keptBundles {
		b.kept = append([]bundleFile(nil), b.kept[1:]...)
	}
}

// BundleFile is WriteBundle for readers who may be slow: they read a file, and
// hold no connection to the database for as long as they please.
func (s *Service) BundleFile(ctx context.Context, district, drawID string) (*io.SectionReader, error) {
	draw := district + "/" + drawID
	if r := s.bundles.find(draw); r != nil {
		return r, nil
	}
	s.bundles.making.Lock()
	defer s.bundles.making.Unlock()
	if r := s.bundles.find(draw); r != nil {
		return r, nil
	}
	f, err := newTemporary("gongping-bundle-")
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	if err := s.WriteBundle(ctx, district, drawID, w); err != nil {
		f.Close()
		return nil, err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		f.Close()
		return nil, err
	}
	s.bundles.keep(bundleFile{draw, f, size})
	return io.NewSectionReader(f, 0, size), nil
}

// newTemporary makes a file without a name: it goes when it is closed.
func newTemporary(name string) (*os.File, error) {
	f, err := os.CreateTemp("", name)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
