package pg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// CopyOut runs a binary COPY … TO STDOUT and calls each with the columns of
// every row. It reads a large table at the speed of the connection: no plans,
// no conversion, no allocation. The columns are valid until each returns; a nil
// column is NULL. When each returns false the remaining rows are read and
// dropped, so that the connection stays usable. sql is a statement of this
// program's own: COPY takes no parameters.
func CopyOut(ctx context.Context, q Querier, sql string, each func(columns [][]byte) bool) error {
	conn, release, err := connOf(ctx, q)
	if err != nil {
		return err
	}
	defer release()
	r := &copyReader{each: each}
	if _, err = conn.PgConn().CopyTo(ctx, r, sql); err == nil && !r.ended {
		err = errors.New("pg: a COPY ended without its trailer")
	}
	return err
}

// connOf is the connection under a transaction, or one of the pool.
func connOf(ctx context.Context, q Querier) (*pgx.Conn, func(), error) {
	switch q := q.(type) {
	case interface{ Conn() *pgx.Conn }:
		return q.Conn(), func() {}, nil
	case *pgx.Conn:
		return q, func() {}, nil
	case *pgxpool.Pool:
		c, err := q.Acquire(ctx)
		if err != nil {
			return nil, nil, err
		}
		return c.Conn(), c.Release, nil
	}
	return nil, nil, fmt.Errorf("pg: %T cannot COPY", q)
}

const copySignature = "PGCOPY\n\xff\r\n\x00"

// copyReader takes the stream apart (PostgreSQL manual, COPY, "Binary Format").
type copyReader struct {
	each                  func([][]byte) bool
	begun, ended, stopped bool
	carry                 []byte // of a row that the last message did not end
	columns               [][]byte
}

// Write implements io.Writer for pgconn.CopyTo.
func (r *copyReader) Write(p []byte) (int, error) {
	n := len(p)
	if r.stopped {
		r.ended = true // the rest is not looked at
		return n, nil
	}
	if len(r.carry) > 0 {
		r.carry = append(r.carry, p...)
		p = r.carry
	}
	rest, err := r.take(p)
	if err != nil {
		return 0, err
	}
	r.carry = append(r.carry[:0], rest...)
	return n, nil
}

// take reads whole rows and returns what is left.
func (r *copyReader) take(p []byte) ([]byte, error) {
	if !r.begun {
		const head = len(copySignature) + 8
		if len(p) < head {
			return p, nil
		}
		if string(p[:len(copySignature)]) != copySignature {
			return nil, errors.New("pg: not a binary COPY")
		}
		ext := int(binary.BigEndian.Uint32(p[len(copySignature)+4:]))
		if ext < 0 || len(p) < head+ext {
			return p, nil
		}
		p, r.begun = p[head+ext:], true
	}
	for len(p) >= 2 && !r.ended {
		row := p
		fields := int(int16(binary.BigEndian.Uint16(p)))
		if fields < 0 {
			r.ended = true
			return nil, nil
		}
		p = p[2:]
		r.columns = r.columns[:0]
		for range fields {
			if len(p) < 4 {
				return row, nil
			}
			size := int(int32(binary.BigEndian.Uint32(p)))
			if p = p[4:]; size < 0 {
				r.columns = append(r.columns, nil)
				continue
			}
			if len(p) < size {
				return row, nil
			}
			r.columns = append(r.columns, p[:size:size])
			p = p[size:]
		}
		if !r.each(r.columns) {
			r.stopped, r.ended = true, true
		}
	}
	return p, nil
}
