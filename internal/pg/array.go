package pg

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Array is a one-dimensional array that is built in the binary form of the wire
// protocol as its elements come, for statements that write many rows: no
// reflection and no value on the heap for each element. The zero value is
// empty. All elements must be of the parameter's element type. Connections of
// AsService take it for uuid, text, bytea, integer and double precision.
type Array struct {
	n     uint32
	nulls uint32
	data  []byte
}

// Len is the number of elements.
func (a *Array) Len() int { return int(a.n) }

// Grow makes room for n elements of size bytes each.
func (a *Array) Grow(n, size int) {
	if a.data == nil {
		a.data = make([]byte, 0, n*(size+4))
	}
}

func (a *Array) element(size int) {
	a.n++
	a.data = binary.BigEndian.AppendUint32(a.data, uint32(size))
}

// UUID appends a uuid.
func (a *Array) UUID(v [16]byte) {
	a.element(16)
	a.data = append(a.data, v[:]...)
}

// Text appends a text.
func (a *Array) Text(v string) {
	a.element(len(v))
	a.data = append(a.data, v...)
}

// Bytes appends a bytea, or a text that is at hand as bytes.
func (a *Array) Bytes(v []byte) {
	a.element(len(v))
	a.data = append(a.data, v...)
}

// Int32 appends an integer.
func (a *Array) Int32(v int32) {
	a.element(4)
	a.data = binary.BigEndian.AppendUint32(a.data, uint32(v))
}

// Float64 appends a double precision.
func (a *Array) Float64(v float64) {
	a.element(8)
	a.data = binary.BigEndian.AppendUint64(a.data, math.Float64bits(v))
}

// Null appends a null.
func (a *Array) Null() {
	a.n++
	a.nulls = 1
	a.data = append(a.data, 0xff, 0xff, 0xff, 0xff)
}

// arrayTypes are the types whose parameters may be an Array.
var arrayTypes = [...]string{"_uuid", "_text", "_bytea", "_int4", "_float8"}

// Arrays lets a connection take Array parameters.
func Arrays(c *pgx.Conn) {
	for _, name := range arrayTypes {
		t, ok := c.TypeMap().TypeForName(name)
		if !ok {
			continue
		}
		if codec, ok := t.Codec.(*pgtype.ArrayCodec); ok {
			c.TypeMap().RegisterType(&pgtype.Type{Name: name, OID: t.OID, Codec: arrayCodec{codec, codec.ElementType.OID}})
		}
	}
}

// arrayCodec is the driver's codec that sends an Array as it is.
type arrayCodec struct {
	pgtype.Codec
	element uint32
}

func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*Array); !ok {
		return c.Codec.PlanEncode(m, oid, format, value)
	}
	if format != pgtype.BinaryFormatCode {
		return nil
	}
	return arrayPlan(c.element)
}

type arrayPlan uint32

func (p arrayPlan) Encode(value any, buf []byte) ([]byte, error) {
	a := value.(*Array)
	if a.n == 0 {
		return append(buf, 0, 0, 0, 0, 0, 0, 0, 0, byte(p>>24), byte(p>>16), byte(p>>8), byte(p)), nil
	}
	for _, v := range [...]uint32{1, a.nulls, uint32(p), a.n, 1} { // dimensions, nulls, type, length, first index
		buf = binary.BigEndian.AppendUint32(buf, v)
	}
	return append(buf, a.data...), nil
}
