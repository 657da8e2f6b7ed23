package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"

	"gongping/survey/frame/canon"
)

var seedForms = map[string]*regexp.Regexp{
	"dice":    regexp.MustCompile(`^[1-6]{20,200}$`),
	"lottery": regexp.MustCompile(`^[0-9]{1,4}(-[0-9]{1,4}){5,40}$`),
	"beacon":  regexp.MustCompile(`^[0-9a-f]{64,256}$`),
}

// documents are the small sections, parsed and checked against each other.
type documents struct {
	text                       map[string][]byte
	commitment, reveal, record map[string]string
	key                        string
	homes                      bool // the units of two-stage strata are households
}

// commitmentKeys are the fields of a commitment; where households are units it
// also names the frozen frame of persons.
func commitmentKeys(homes bool) []string {
	keys := []string{"purpose", "kind", "frame", "frame_digest", "frame_units"}
	if homes {
		keys = append(keys, "persons_digest", "persons")
	}
	return append(keys, "units_sha256", "strata_sha256", "excluded_sha256", "code_version",
		"randomness_kind", "randomness_name", "randomness_due", "previous", "committed_at")
}

func shaHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// parse reads commitment, reveal and record and checks what each says of the
// others. trusted, when given, is the only public key accepted, in hexadecimal.
func (d *documents) parse(trusted string) (err error) {
	first := "gongping draw commitment v1"
	if d.homes = bytes.HasPrefix(d.text["commitment.txt"], []byte(first+" households\n")); d.homes {
		first += " households"
	}
	d.commitment, err = fields("commitment", d.text["commitment.txt"], first, commitmentKeys(d.homes)...)
	if err != nil {
		return err
	}
	d.reveal, err = fields("reveal", d.text["reveal.txt"], "gongping draw reveal v1", "commitment", "seed", "evidence", "revealed_at")
	if err != nil {
		return err
	}
	d.record, err = fields("record", d.text["record.txt"], "gongping draw record v1",
		"commitment", "reveal", "sample_sha256", "sample", "reserve", "code_version", "drawn_at", "draw_digest")
	if err != nil {
		return err
	}
	for _, step := range []func(string) error{d.checkSignatures, d.checkCommitment, d.checkReveal, d.checkRecord} {
		if err := step(trusted); err != nil {
			return err
		}
	}
	return nil
}

func (d *documents) checkSignatures(trusted string) error {
	for _, s := range []struct{ name, tag string }{{"commitment", canon.TagCommitment}, {"record", canon.TagRecord}} {
		f, err := fields("signature", d.text[s.name+".sig"], "", "public_key", "signature")
		if err != nil {
			return err
		}
		if !isHex(f["public_key"], 64) || !isHex(f["signature"], 128) {
			return fault("signature", "the signature of the %s is not written as 64 and 128 hexadecimal digits", s.name)
		}
		key, _ := hex.DecodeString(f["public_key"])
		value, _ := hex.DecodeString(f["signature"])
		message := canon.AppendField(canon.AppendField(nil, s.tag), string(d.text[s.name+".txt"]))
		if !ed25519.Verify(key, message, value) {
			return fault("signature", "the signature of the %s does not fit", s.name)
		}
		if trusted != "" && trusted != f["public_key"] {
			return fault("signature", "the %s is signed with key %s, expected %s", s.name, f["public_key"], trusted)
		}
		if d.key != "" && d.key != f["public_key"] {
			return fault("signature", "commitment and record are signed with different keys")
		}
		d.key = f["public_key"]
	}
	return nil
}

func (d *documents) checkCommitment(string) error {
	c := d.commitment
	for key, section := range map[string]string{"strata_sha256": "strata.csv", "excluded_sha256": "excluded.csv"} {
		if got := shaHex(d.text[section]); got != c[key] {
			return fault("commitment", "%s has SHA-256 %s, the commitment says %s", section, got, c[key])
		}
	}
	if !canon.ValidID(c["purpose"]) {
		return fault("commitment", "purpose %q is not usable", c["purpose"])
	}
	if c["kind"] != "main" && c["kind"] != "topup" {
		return fault("commitment", "kind %q is neither main nor topup", c["kind"])
	}
	if _, ok := number(c["persons"]); d.homes && (!ok || !isHex(c["persons_digest"], 64)) {
		return fault("commitment", "the number or digest of the persons is not written as it must be")
	}
	if c["previous"] != "none" && !isHex(c["previous"], 64) {
		return fault("commitment", "previous is neither none nor a digest")
	}
	for _, key := range []string{"committed_at", "randomness_due"} {
		if !isTime(c[key]) {
			return fault("commitment", "%s is %q, not a time like 2026-11-20T08:00:00Z", key, c[key])
		}
	}
	if c["randomness_due"] <= c["committed_at"] {
		return fault("commitment", "the randomness was due %s, not after the commitment of %s", c["randomness_due"], c["committed_at"])
	}
	return nil
}

func (d *documents) checkReveal(string) error {
	r := d.reveal
	if got := shaHex(d.text["commitment.txt"]); r["commitment"] != got {
		return fault("reveal", "the seed is for commitment %s, this one is %s", r["commitment"], got)
	}
	form := seedForms[d.commitment["randomness_kind"]]
	if form == nil {
		return fault("commitment", "randomness of kind %q is unknown", d.commitment["randomness_kind"])
	}
	if !form.MatchString(r["seed"]) {
		return fault("reveal", "seed %q is not an outcome of kind %s", r["seed"], d.commitment["randomness_kind"])
	}
	if !isTime(r["revealed_at"]) || r["revealed_at"] < d.commitment["randomness_due"] {
		return fault("reveal", "the seed was revealed at %s, before its randomness was due", r["revealed_at"])
	}
	return nil
}

func (d *documents) checkRecord(string) error {
	r := d.record
	for key, section := range map[string]string{"commitment": "commitment.txt", "reveal": "reveal.txt", "sample_sha256": "sample.csv"} {
		if got := shaHex(d.text[section]); got != r[key] {
			return fault("record", "%s has SHA-256 %s, the record says %s", section, got, r[key])
		}
	}
	var raw []string
	for _, key := range []string{"commitment", "reveal", "sample_sha256"} {
		sum, _ := sumFromHex(r[key])
		raw = append(raw, string(sum[:]))
	}
	if got := fmt.Sprintf("%x", canon.Hash(canon.TagDigest, raw...)); got != r["draw_digest"] {
		return fault("record", "the draw digest is %s, the record says %s", got, r["draw_digest"])
	}
	if !isTime(r["drawn_at"]) || r["drawn_at"] < d.reveal["revealed_at"] {
		return fault("record", "the draw of %s is before the reveal", r["drawn_at"])
	}
	return nil
}

func isTime(s string) bool {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	return err == nil && t.Format("2006-01-02T15:04:05Z") == s
}
