package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func example(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../testdata/example.draw.txt")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExample(t *testing.T) {
	t.Parallel()
	rep, err := Bundle(bytes.NewReader(example(t)), "")
	if err != nil {
		t.Fatal(err)
	}
	if rep.Kind != "topup" || rep.Units != 210 || rep.Strata != 6 || rep.Sample != 74 || rep.Reserve != 15 {
		t.Errorf("report %+v", rep)
	}
}

// TestExtractAndRebuild: the sections are the whole bundle, so that a person
// with a text editor and sha256sum can take it apart.
func TestExtractAndRebuild(t *testing.T) {
	t.Parallel()
	text := example(t)
	parts := map[string]*bytes.Buffer{}
	err := Extract(bytes.NewReader(text), func(name string) (io.Writer, error) {
		parts[name] = &bytes.Buffer{}
		return parts[name], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.NewBufferString(title)
	for _, name := range SectionNames() {
		fmt.Fprintf(out, "--- %s %d %s\n%s", name, parts[name].Len(), shaHex(parts[name].Bytes()), parts[name])
	}
	fmt.Fprintf(out, "--- end %s\n", shaHex(out.Bytes()))
	if !bytes.Equal(out.Bytes(), text) {
		t.Error("the sections do not make up the bundle")
	}
}

// TestContainerFaults names what is wrong with the container.
func TestContainerFaults(t *testing.T) {
	t.Parallel()
	text := string(example(t))
	for want, bad := range map[string]string{
		"container: this is not a bundle":                         "PK\x03\x04" + text,
		"container: section strata.csv expected":                  strings.Replace(text, "--- strata.csv", "--- strato.csv", 1),
		"container: section commitment.txt has SHA":               strings.Replace(text, "kind: topup", "kind: tapup", 1),
		"container: section units.csv has a line that is cut off": text[:len(text)-5000],
		"container: something follows":                            text + "x",
		"container: the closing line is":                          strings.Replace(text, "--- end ", "--- and ", 1),
		"container: section commitment.sig expected,":             strings.Replace(text, "--- commitment.sig 217", "--- commitment.sig 0217", 1),
	} {
		_, err := Bundle(strings.NewReader(bad), "")
		var f *Fault
		if !errors.As(err, &f) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %.120v, want %s", err, want)
		}
	}
}

// TestStrictText refuses what could make a reader see something else than what
// was signed, and a plan that says what its method has no use for.
func TestStrictText(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "公证\x1b[2J", "公证\r", "a\u0085b", "\xff"} {
		if _, err := fields("reveal", []byte("evidence: "+value+"\n"), "", "evidence"); err == nil {
			t.Errorf("%q was taken for text", value)
		}
	}
	for _, row := range []string{"s,simple,5,0,2,1,1", "s,census,5,0,0,0,2", "s,simple,5,0,4194305,1,0", "s,simple,5,0,02,1,0"} {
		if _, err := readStrata([]byte("stratum,method,population,total,sample,reserve,clusters\n" + row + "\n")); err == nil {
			t.Errorf("%s was taken for a plan", row)
		}
	}
}
