package field

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
)

// QueueFormat is the name that an exported queue begins with.
const QueueFormat = "gongping-queue"

// MaxQueueFile bounds an exported queue: some thousand interviews.
const MaxQueueFile = 16 << 20

// maxImport is the most items of each kind in a file.
const maxImport = 10000

// queueFile is an exported queue. Data is AES-256-GCM under a key that only the
// phone and the server can make; everything before it is authenticated.
type queueFile struct {
	Format   string `json:"format"`
	V        int    `json:"v"`
	District string `json:"district"`
	Account  string `json:"account"`
	Device   string `json:"device"`
	MadeAt   string `json:"made_at"` // by the phone's clock, as it wrote it
	IV       []byte `json:"iv"`
	Data     []byte `json:"data"`
}

// label is what the phone authenticates along with the data.
func (f queueFile) label() []byte {
	return fmt.Appendf(nil, "%s\n%d\n%s\n%s\n%s\n%s", f.Format, f.V, f.District, f.Account, f.Device, f.MadeAt)
}

func badFile(where, found, want string) error {
	return errs.New(errs.Invalid, "queue.file", "this is not a file of a phone's queue, or it is damaged").
		At(where, found, want, "export it again on the phone and choose the new file")
}

// readQueueFile reads the outside of an exported queue.
func readQueueFile(b []byte) (f queueFile, err error) {
	if len(b) > MaxQueueFile {
		return f, errs.New(errs.TooLarge, "queue.large", "a file of a phone's queue has at most %d MB", MaxQueueFile>>20)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, badFile("", "", "a file that the offline app has exported")
	}
	if _, err := d.Token(); err != io.EOF {
		return f, badFile("", "", "nothing after the end")
	}
	account, err1 := uuid.Parse(f.Account)
	device, err2 := uuid.Parse(f.Device)
	switch {
	case f.Format != QueueFormat:
		return f, badFile("format", f.Format, QueueFormat)
	case f.V != 1:
		return f, badFile("v", fmt.Sprint(f.V), "1")
	case survey.LevelOf(f.District) != survey.District:
		return f, badFile("district", f.District, "a code of six digits")
	case err1 != nil || account.String() != f.Account:
		return f, badFile("account", f.Account, "a UUID")
	case err2 != nil || device.String() != f.Device:
		return f, badFile("device", f.Device, "a UUID")
	case len(f.IV) != 12:
		return f, badFile("iv", fmt.Sprint(len(f.IV)), "12 bytes")
	}
	return f, nil
}

// ExportKey is the key of exported queues, made from a device's secret by
// HKDF-SHA-256 (RFC 5869) as the phone does it.
func ExportKey(secret []byte) []byte {
	k, err := hkdf.Key(sha256.New, secret, nil, "gongping queue export v1", 32)
	if err != nil {
		panic(err) // lengths are constant
	}
	return k
}

// open decrypts a queue file with the secret of its device.
func (f queueFile) open(secret []byte) (q Queue, err error) {
	block, err := aes.NewCipher(ExportKey(secret))
	if err != nil {
		return q, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return q, err
	}
	plain, err := aead.Open(nil, f.IV, f.Data, f.label())
	if err != nil {
		return q, badFile("data", "", "the unchanged file of a phone that is registered here")
	}
	if err := json.Unmarshal(plain, &q); err != nil {
		return q, badFile("data", "", "a queue")
	}
	if len(q.Attempts) > maxImport || len(q.Responses) > maxImport {
		return q, errs.New(errs.TooLarge, "queue.large", "a file of a phone's queue has at most %d MB", MaxQueueFile>>20)
	}
	return q, nil
}

// ImportReport is what became of an exported queue.
type ImportReport struct {
	Report
	Evaluator string // display name
	Counts    map[Status]int
}

// ImportQueue takes a queue from a file that a phone has exported because it
// could not send. What is in it is taken as from the evaluator whose phone it
// is, whoever hands it in; importing twice changes nothing. A blocked phone may
// be handed in: the interviews on it were held.
func (s *Service) ImportQueue(ctx context.Context, who authz.Actor, file []byte) (rep ImportReport, err error) {
	if authz.ScopeOf(who.Role, authz.QueueImport) == authz.Deny {
		return rep, authz.Check(who, authz.QueueImport, authz.Object{})
	}
	f, err := readQueueFile(file)
	if err != nil {
		return rep, err
	}
	if f.District != who.District {
		return rep, badFile("district", f.District, who.District)
	}
	if err := s.registered(ctx, f); err != nil {
		return rep, err
	}
	a, err := accountdb.ByID(ctx, s.Pool, f.District, f.Account)
	if err != nil {
		return rep, badFile("account", f.Account, "an account of this district")
	}
	if err := authz.Check(who, authz.QueueImport, authz.Object{Area: a.Area, Owner: a.ID}); err != nil {
		return rep, err
	}
	q, err := f.open(s.Seal.Derive(deviceLabel(f.Account, f.Device)))
	if err != nil {
		return rep, err
	}
	evaluator := authz.Actor{District: a.District, AccountID: a.ID, Name: a.Name, Role: authz.Role(a.Role), Area: a.Area}
	if rep.Report, err = s.Sync(ctx, evaluator, q); err != nil {
		return rep, err
	}
	rep.Evaluator, rep.Counts = a.Name, map[Status]int{}
	for _, list := range [][]Outcome{rep.Attempts, rep.Responses} {
		for _, o := range list {
			rep.Counts[o.Status]++
		}
	}
	return rep, s.Write(ctx, who, authz.QueueImport, authz.Object{Area: a.Area, Owner: a.ID}, func(ctx context.Context, tx *app.Tx) error {
		detail := map[string]any{"evaluator": a.ID, "attempts": len(q.Attempts), "responses": len(q.Responses)}
		for status, n := range rep.Counts {
			detail[string(status)] = n
		}
		tx.Record("device", f.Device, a.Area, detail)
		return nil
	})
}

// registered checks that the phone of a file is registered for its account.
func (s *Service) registered(ctx context.Context, f queueFile) error {
	d, err := fielddb.GetDevice(ctx, s.Pool, f.District, f.Device)
	if pg.NoRows(err) || (err == nil && d.Account != f.Account) {
		return badFile("device", f.Device, "a phone that is registered here")
	}
	return err
}
