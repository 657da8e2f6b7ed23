package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"gongping/internal/authz"
	"gongping/internal/errs"
)

const (
	uploadLife  = time.Hour // an upload waits so long for its confirmation
	uploadsEach = 3         // uploads that one account may have waiting
	uploadsAll  = 64
	// MaxUpload bounds an uploaded file; larger ones are imported with
	// `gongping import` on the server.
	MaxUpload = 4 << 30
)

// Upload is a file that waits for its confirmation, with its preview. The file
// has no name on the disk and is gone when the process ends, however it ends:
// a list of residents is never left lying about.
type Upload struct {
	Token   string
	Preview *Preview
	src     Source
	file    *os.File
	owner   string
	at      time.Time
	job     *Job
}

// desk is where uploads wait.
type desk struct {
	dir     string
	mu      sync.Mutex
	uploads map[string]*Upload
}

// ownerOf names the one who may confirm an upload.
func ownerOf(who authz.Actor) string {
	return who.District + "/" + string(who.Role) + "/" + who.AccountID
}

// Receive spools an upload and checks it: the first of the two steps. What it
// returns waits an hour for Confirm.
func (s *Service) Receive(ctx context.Context, who authz.Actor, req Request, name string, body io.Reader) (*Upload, error) {
	if err := authz.Check(who, req.Kind.action(), authz.Object{Area: who.Area}); err != nil {
		return nil, err
	}
	src, file, err := s.desk.spool(name, body)
	if err != nil {
		return nil, err
	}
	p, err := s.Check(ctx, who, req, src, nil)
	if err != nil {
		file.Close()
		return nil, err
	}
	u := &Upload{Token: rand.Text(), Preview: p, src: src, file: file, owner: ownerOf(who), at: s.Clock.Now()}
	if err := s.desk.keep(u, s.Clock.Now()); err != nil {
		file.Close()
		return nil, err
	}
	return u, nil
}

// Spool keeps a body in a nameless file and fingerprints it; close the file.
func (s *Service) Spool(name string, body io.Reader) (Source, io.Closer, error) {
	src, f, err := s.desk.spool(name, body)
	return src, f, err
}

func (d *desk) spool(name string, body io.Reader) (Source, *os.File, error) {
	if d.dir != "" {
		if err := os.MkdirAll(d.dir, 0o700); err != nil {
			return Source{}, nil, err
		}
	}
	f, err := os.CreateTemp(d.dir, "gongping-upload-*")
	if err != nil {
		return Source{}, nil, err
	}
	fail := func(err error) (Source, *os.File, error) {
		f.Close()
		return Source{}, nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return fail(err)
	}
	n, err := io.Copy(f, io.LimitReader(body, MaxUpload+1))
	if err != nil {
		return fail(errs.Wrap(err, errs.Invalid, "intake.upload_cut", "the upload did not arrive whole"))
	}
	if n > MaxUpload {
		return fail(errs.New(errs.TooLarge, "intake.upload_large", "the file is too large to be uploaded").
			At(name, "", fmt.Sprintf("at most %d GB", MaxUpload>>30), "import it on the server with: gongping import"))
	}
	src, err := NewSource(name, f, n)
	if err != nil {
		return fail(err)
	}
	return src, f, nil
}

// keep puts an upload on the desk; an account's oldest ones make room.
func (d *desk) keep(u *Upload, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear(now)
	for {
		var oldest *Upload
		n := 0
		for _, x := range d.uploads {
			if x.owner != u.owner || x.job.busy() {
				continue
			}
			if n++; oldest == nil || x.at.Before(oldest.at) {
				oldest = x
			}
		}
		if n < uploadsEach {
			break
		}
		d.drop(oldest)
	}
	if len(d.uploads) >= uploadsAll {
		return errs.New(errs.Unavailable, "intake.desk_full", "too many uploads are waiting; try again in a few minutes")
	}
	d.uploads[u.Token] = u
	return nil
}

// clear drops what has waited too long; d.mu is held.
func (d *desk) clear(now time.Time) {
	for _, u := range d.uploads {
		if now.Sub(u.at) > uploadLife && !u.job.busy() {
			d.drop(u)
		}
	}
}

func (d *desk) drop(u *Upload) {
	u.file.Close()
	delete(d.uploads, u.Token)
}

// find returns an upload of this actor.
func (s *Service) find(who authz.Actor, token string) (*Upload, error) {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	s.desk.clear(s.Clock.Now())
	u := s.desk.uploads[token]
	if u == nil || u.owner != ownerOf(who) {
		return nil, errs.New(errs.NotFound, "intake.upload_gone", "the upload is no longer here; upload the file again")
	}
	return u, nil
}

// Waiting returns an upload with its preview.
func (s *Service) Waiting(who authz.Actor, token string) (*Upload, error) { return s.find(who, token) }

// Discard gives an upload up.
func (s *Service) Discard(who authz.Actor, token string) error {
	u, err := s.find(who, token)
	if err != nil {
		return err
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if !u.job.busy() {
		s.desk.drop(u)
	}
	return nil
}

// Job is an import that is being written.
type Job struct {
	mu          sync.Mutex
	done, total int64
	end         chan struct{}
	outcome     *Outcome
	err         error
}

func (j *Job) busy() bool {
	if j == nil {
		return false
	}
	select {
	case <-j.end:
		return false
	default:
		return true
	}
}

// Progress tells how many rows are written.
func (j *Job) Progress() (done, total int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done, j.total
}

// Wait waits a while for the end. ok is false when the job still runs.
func (j *Job) Wait(ctx context.Context, atMost time.Duration) (out *Outcome, ok bool, err error) {
	t := time.NewTimer(atMost)
	defer t.Stop()
	select {
	case <-j.end:
		return j.outcome, true, j.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case <-t.C:
		return nil, false, nil
	}
}

// Confirm begins to write an upload whose preview has no faults; the digest is
// that of the preview the person saw. The writing goes on when the browser
// leaves; a second Confirm returns the same job.
func (s *Service) Confirm(ctx context.Context, who authz.Actor, token, digest string) (*Job, error) {
	u, err := s.find(who, token)
	if err != nil {
		return nil, err
	}
	if digest != u.Preview.Digest {
		return nil, errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed")
	}
	if err := u.Preview.Err(); err != nil {
		return nil, err
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if u.job != nil {
		return u.job, nil
	}
	j := &Job{end: make(chan struct{}), total: int64(u.Preview.Rows)}
	u.job = j
	go s.write(context.WithoutCancel(ctx), who, u, j)
	return j, nil
}

// errPanic stands in for a panic of the writing goroutine.
var errPanic = errors.New("intake: the import broke off")

func (s *Service) write(ctx context.Context, who authz.Actor, u *Upload, j *Job) {
	err := errPanic
	defer func() {
		if r := recover(); r != nil {
			s.Log.ErrorContext(ctx, "import panicked", "kind", u.Preview.Kind, "panic", fmt.Sprint(r))
		}
		j.err = err
		if errs.CodeOf(err) == errs.Internal {
			s.Log.ErrorContext(ctx, "import failed", "kind", u.Preview.Kind, "error", err)
		}
		u.file.Close() // the upload stays on the desk for its outcome, without its data
		close(j.end)
	}()
	j.outcome, err = s.Commit(ctx, who, u.src, u.Preview, func(_ Stage, done, total int64) {
		j.mu.Lock()
		j.done, j.total = done, total
		j.mu.Unlock()
	})
}

// Running returns the job of an upload that was confirmed.
func (s *Service) Running(who authz.Actor, token string) (*Job, *Preview, error) {
	u, err := s.find(who, token)
	if err != nil {
		return nil, nil, err
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if u.job == nil {
		return nil, nil, errs.New(errs.NotNow, "intake.not_confirmed", "the upload has not been confirmed")
	}
	return u.job, u.Preview, nil
}
