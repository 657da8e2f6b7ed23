package pg

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"
)

// stream is a binary COPY of rows; nil is NULL.
func stream(rows ...[][]byte) []byte {
	b := append([]byte(copySignature), 0, 0, 0, 0, 0, 0, 0, 3, 'e', 'x', 't') // with a header extension
	for _, r := range rows {
		b = binary.BigEndian.AppendUint16(b, uint16(len(r)))
		for _, c := range r {
			if c == nil {
				b = binary.BigEndian.AppendUint32(b, 1<<32-1)
				continue
			}
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(c))), c...)
		}
	}
	return append(b, 0xff, 0xff)
}

func text(columns [][]byte) (out []string) {
	for _, c := range columns {
		if c == nil {
			out = append(out, "NULL")
		} else {
			out = append(out, fmt.Sprintf("%q", c))
		}
	}
	return out
}

func TestACopyCutAnywhereReadsAlike(t *testing.T) {
	t.Parallel()
	rows := [][][]byte{{[]byte("a"), nil, []byte("")}, {}, {[]byte("长宁"), []byte{0, 255}, []byte("x")}}
	whole := stream(rows...)
	var want [][]string
	for _, r := range rows {
		want = append(want, text(r))
	}
	for cut := range len(whole) + 1 {
		for step := 1; step <= 3; step++ {
			var got [][]string
			r := &copyReader{each: func(c [][]byte) bool { got = append(got, text(c)); return true }}
			for _, part := range [][]byte{whole[:cut], whole[cut:min(cut+step, len(whole))], whole[min(cut+step, len(whole)):]} {
				if n, err := r.Write(part); err != nil || n != len(part) {
					t.Fatalf("cut at %d: %d, %v", cut, n, err)
				}
			}
			if !r.ended || !reflect.DeepEqual(got, want) {
				t.Fatalf("cut at %d: ended %v, %v", cut, r.ended, got)
			}
		}
	}
}

func TestACopyThatIsGivenUpIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	n := 0
	r := &copyReader{each: func([][]byte) bool { n++; return false }}
	whole := stream([][]byte{[]byte("a")}, [][]byte{[]byte("b")})
	for i := range whole {
		if _, err := r.Write(whole[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 || !r.ended {
		t.Errorf("%d rows, ended %v", n, r.ended)
	}
	if _, err := (&copyReader{}).Write([]byte("not a copy at all, but long enough")); err == nil {
		t.Error("anything passes for a COPY")
	}
}

func FuzzCopyReader(f *testing.F) {
	f.Add(stream([][]byte{[]byte("a"), nil}), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut < 0 || cut > len(b) {
			return
		}
		r := &copyReader{each: func([][]byte) bool { return true }}
		if _, err := r.Write(b[:cut]); err == nil {
			_, _ = r.Write(b[cut:])
		}
	})
}
