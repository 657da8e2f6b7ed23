package intake

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/survey/frame"
)

const (
	receiptLife  = 30 * 24 * time.Hour // a code can be used so long
	receiptGrace = 30 * time.Minute    // and again, for a download that broke off
)

// IssueReceipt makes the code with which a resident fetches the own receipt
// (docs/spec/draw-v1.md, section 9). It is handed over after the papers were
// checked; whoever hands it over learns nothing from it: the receipt goes to
// the holder of the code only, and it is the same for people who were drawn and
// who were not. No code is made while a round draws from the frame, so that
// nobody can be asked for theirs to find out who is in the sample. The log says
// that one was made, not for whom.
func (s *Service) IssueReceipt(ctx context.Context, who authz.Actor, frameID, committee, person string) (code string, err error) {
	committee, person = strings.TrimSpace(committee), strings.TrimSpace(person)
	code = rand.Text()
	err = s.Write(ctx, who, authz.FrameReceipt, authz.Object{Area: committee}, func(ctx context.Context, tx *app.Tx) error {
		f, err := intakedb.GetFrame(ctx, tx, who.District, frameID)
		if err != nil {
			return app.NotFound(err, "frame")
		}
		if !f.Frozen() {
			return errs.New(errs.NotNow, "receipt.open_frame", "the frame is not frozen yet; there is no digest to check against")
		}
		used, err := intakedb.InUse(ctx, tx, who.District, f.ID)
		if err != nil {
			return err
		}
		if used {
			return errs.New(errs.NotNow, "receipt.too_early", "receipts are handed out after fieldwork has ended")
		}
		secret, err := s.secretOf(f)
		if err != nil {
			return err
		}
		id := secret.FrameID(committee, person)
		if _, err := intakedb.SealedRecord(ctx, tx, who.District, f.ID, id); errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.Invalid, "receipt.not_listed", "nobody with this code stands in this frame").
				At("person", "", "a code of the register and the committee's code", "check both; if they are right, the frame has left this resident out")
		} else if err != nil {
			return err
		}
		hash := codeHash(code)
		tx.Record("frame", f.ID, committee, map[string]any{"receipts": 1})
		return intakedb.InsertReceiptCode(ctx, tx, who.District, intakedb.ReceiptCode{Hash: hash, FrameID: f.ID,
			Sealed: s.Seal.Seal([]byte(id), receiptLabel(hash)), Expires: tx.Now.Add(receiptLife)}, who.AccountID, tx.Now)
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

func codeHash(code string) []byte {
	sum := sha256.Sum256([]byte("gongping/frame/receipt-code/v1/" + strings.ToUpper(strings.Join(strings.Fields(code), ""))))
	return sum[:]
}

func receiptLabel(hash []byte) string { return fmt.Sprintf("receipt/%x", hash) }

func (s *Service) secretOf(f intakedb.Frame) (secret frame.Secret, err error) {
	plain, err := s.Seal.Open(f.Sealed, frame.SecretLabel(f.ID))
	if err != nil {
		return secret, fmt.Errorf("open the secret of frame %s: %w", f.ID, err)
	}
	copy(secret[:], plain)
	return secret, nil
}

// TakeReceipt gives the holder of a code the receipt, once: what was frozen of
// them and the path to the published digest.
func (s *Service) TakeReceipt(ctx context.Context, district, code string) (text []byte, err error) {
	hash := codeHash(code)
	err = s.Write(ctx, authz.SystemActor(district), authz.FrameReceipt, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		c, err := intakedb.GetReceiptCode(ctx, tx, district, hash)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && c.Expires.Before(tx.Now) {
			return errs.New(errs.NotFound, "receipt.code", "there is no such code, or it has run out").
				At("code", "", "26 letters and digits", "type it as it stands on the slip")
		}
		if err != nil {
			return err
		}
		if c.Taken != nil && tx.Now.Sub(*c.Taken) > receiptGrace {
			return errs.New(errs.Gone, "receipt.taken", "this code has been used")
		}
		if err := intakedb.TakeReceiptCode(ctx, tx, district, hash, tx.Now); err != nil {
			return err
		}
		id, err := s.Seal.Open(c.Sealed, receiptLabel(hash))
		if err != nil {
			return fmt.Errorf("open a receipt code: %w", err)
		}
		tx.Record("frame", c.FrameID, "", map[string]any{"receipts_taken": 1})
		text, err = s.receipt(ctx, tx, district, c.FrameID, string(id))
		return err
	})
	return text, err
}

// receipt proves a person's place in a frozen frame.
func (s *Service) receipt(ctx context.Context, tx *app.Tx, district, frameID, person string) ([]byte, error) {
	f, err := intakedb.GetFrame(ctx, tx, district, frameID)
	if err != nil {
		return nil, err
	}
	secret, err := s.secretOf(f)
	if err != nil {
		return nil, err
	}
	sealed, err := intakedb.SealedRecord(ctx, tx, district, frameID, person)
	if err != nil {
		return nil, err
	}
	plain, err := s.Seal.Open(sealed, frame.RecordLabel(frameID, person))
	if err != nil {
		return nil, fmt.Errorf("open a record of frame %s: %w", frameID, err)
	}
	resident, err := frame.DecodeRecord(plain)
	if err != nil {
		return nil, err
	}
	entries := func() iter.Seq2[frame.Entry, error] {
		return func(yield func(frame.Entry, error) bool) {
			for p, err := range intakedb.People(ctx, tx, district, frameID) {
				if err != nil {
					yield(frame.Entry{}, err)
					return
				}
				if !yield(p.Entry, nil) {
					return
				}
			}
		}
	}
	proofs, digest, err := frame.Prove(entries, []string{person})
	if err != nil {
		return nil, err
	}
	r, err := secret.NewReceipt(frameID, digest, proofs[person], resident)
	if err != nil {
		return nil, err
	}
	if s.Homes == nil {
		return r.Text(), nil
	}
	parts, err := s.Homes(ctx, tx, district, frameID, person)
	return append(r.Text(), parts...), err
}
