package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gongping/internal/errs"
)

// KeySize is the length of the master key in bytes.
const KeySize = 32

// MasterKey reads the key of sealed personal data, and makes it at the first
// start. It must be kept apart from the backups of the database: whoever has
// both can read names, whoever has lost it cannot.
func MasterKey(path string) ([]byte, error) {
	key, err := ReadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return nil, fmt.Errorf("make the key's directory: %w", err)
	}
	key = make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	// Written under another name and linked, so that a crash leaves no half key
	// and two starts at once agree on one.
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	return ReadKey(path)
}

// ReadKey reads a key file and refuses one that others may read.
func ReadKey(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if m := st.Mode().Perm(); m&0o077 != 0 {
		return nil, errs.New(errs.Unavailable, "config.key_open", "the key file can be read by others").
			At(path, fmt.Sprintf("mode %o", m), "mode 600", "chmod 600 "+path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != KeySize {
		return nil, errs.New(errs.Unavailable, "config.key_broken", "the key file is damaged").
			At(path, fmt.Sprintf("%d characters", len(strings.TrimSpace(string(b)))),
				"32 bytes in base64 (44 characters)", "restore it from where you keep it; a new key cannot read the old data")
	}
	return key, nil
}
