package verify

import (
	"bytes"
	"encoding/hex"
	"strings"

	"gongping/survey/frame/canon"
)

const homeTitle = "gongping household receipt v1"

// split takes the household parts off a receipt.
func split(text []byte) (receipt []byte, parts [][]byte) {
	mark := []byte("\n" + homeTitle + "\n")
	at := bytes.Index(text, mark)
	if at < 0 {
		return text, nil
	}
	receipt, rest := text[:at+1], text[at+1:]
	for {
		next := bytes.Index(rest, mark)
		if next < 0 {
			return receipt, append(parts, rest)
		}
		parts, rest = append(parts, rest[:next+1]), rest[next+1:]
	}
}

// sums reads digests separated by spaces, "-" for none.
func sums(check, text string) ([]canon.Sum, error) {
	if text == "-" {
		return nil, nil
	}
	var out []canon.Sum
	for _, p := range strings.Split(text, " ") {
		sum, ok := sumFromHex(p)
		if !ok {
			return nil, fault(check, "%.70q is no digest", p)
		}
		out = append(out, sum)
	}
	return out, nil
}

// homePart checks one household part: the holder stands at the place named, the
// salt and all members give the household's commitment, and the path leads from
// it to the digest of the round's list.
func (r *Receipt) homePart(text []byte) error {
	f, err := fields("receipt", text, homeTitle, "frame_digest", "frame_units", "index", "household", "household_salt", "place", "member_salt", "members", "path")
	if err != nil {
		return err
	}
	units, ok1 := number(f["frame_units"])
	index, ok2 := number(f["index"])
	place, ok3 := number(f["place"])
	digest, ok4 := sumFromHex(f["frame_digest"])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return fault("receipt", "household part: a number or digest is not written as it must be")
	}
	members, err := sums("receipt", f["members"])
	if err != nil {
		return err
	}
	path, err := sums("receipt", f["path"])
	if err != nil {
		return err
	}
	part := &HomePart{FrameDigest: f["frame_digest"]}
	leaf := r.leaf
	if f["household"] != "-" {
		salt, ok1 := sumFromHex(f["household_salt"])
		own, ok2 := sumFromHex(f["member_salt"])
		if !ok1 || !ok2 || !canon.ValidID(f["household"]) || place < 1 || place > uint64(len(members)) || members[place-1] != canon.Member(own, r.leaf) {
			return fault("receipt", "household part: the holder does not stand at place %d", place)
		}
		leaf = canon.Leaf(f["household"], r.Area, canon.Home(salt, members))
		part.Household, part.Place, part.Members = f["household"], int(place), len(members)
	} else if place != 0 || len(members) != 0 || f["household_salt"] != "-" || f["member_salt"] != "-" {
		return fault("receipt", "household part: a person with a row of their own has no household")
	}
	if root, ok := canon.RootFromProof(leaf, index, units, path); !ok || canon.FrameDigest(units, root) != digest {
		return fault("receipt", "household part: it does not lead to digest %s", f["frame_digest"])
	}
	r.Homes = append(r.Homes, part)
	return nil
}

// findAtHome tells what a draw whose units are households did with the holder:
// in a drawn household the place with the smallest ticket was taken.
func (rep *Report) findAtHome(r *Receipt) (*Person, error) {
	for _, part := range r.Homes {
		if part.FrameDigest != rep.FrameDigest {
			continue
		}
		if part.Household == "" {
			return rep.find(r.FrameID), nil
		}
		home := rep.find(part.Household)
		ticket := canon.PlaceTicket(rep.Seed, rep.Purpose, part.Household, part.Place)
		p := &Person{Role: "none", Stratum: home.Stratum, Ticket: hex.EncodeToString(ticket[:]), Household: part.Household, HouseholdRole: home.Role,
			Place: part.Place, Members: part.Members}
		if place, _ := choose(rep.Seed, rep.Purpose, part.Household, part.Members); place == part.Place && home.Role != "none" {
			p.Role, p.Order, p.Probability = home.Role, home.Order, shared(home.Probability, part.Members)
		}
		return p, nil
	}
	return nil, fault("receipt", "the receipt was made before this draw and says nothing about it: ask for a new one")
}
