package app

import (
	"encoding/binary"
	"errors"
	"math"

	"gongping/survey/fieldwork"
)

// Where buildings stand is written by the intake and read by the fieldwork:
// what both must agree on stands here. A building is known by a keyed pseudonym
// of its name within its committee, the same in every frame, and its point is
// sealed, so that the table alone names no building and shows no place.

// PlaceKey is the pseudonym of a building.
func (c *Core) PlaceKey(committee, building string) string {
	return c.Seal.Pseudonym("place/"+committee, building)
}

// SealPlace seals a point for its building.
func (c *Core) SealPlace(p fieldwork.Place, committee, key string) []byte {
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(p.Lat))
	return c.Seal.Seal(binary.BigEndian.AppendUint64(b, math.Float64bits(p.Lon)), placeLabel(committee, key))
}

// OpenPlace opens what SealPlace made.
func (c *Core) OpenPlace(sealed []byte, committee, key string) (fieldwork.Place, error) {
	b, err := c.Seal.Open(sealed, placeLabel(committee, key))
	if err != nil {
		return fieldwork.Place{}, err
	}
	if len(b) != 16 {
		return fieldwork.Place{}, errors.New("place: not a point")
	}
	return fieldwork.Place{Lat: math.Float64frombits(binary.BigEndian.Uint64(b)), Lon: math.Float64frombits(binary.BigEndian.Uint64(b[8:]))}, nil
}

func placeLabel(committee, key string) string { return "place/" + committee + "/" + key }
