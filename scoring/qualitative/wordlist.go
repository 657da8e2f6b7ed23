package qualitative

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
)

//go:embed lexicon/words.txt.gz
var wordsGz []byte

// counted is how often a character stands in text and in names.
type counted struct {
	text                          float64 // -log of its share in text
	surname, first, second, alone float64 // -log of its share in names, smoothed
}

// wordlist says what words cost: the negative logarithm of how often one comes
// up. Single characters cost what they do in text, and a little more, since most
// of them stand inside words there.
type wordlist struct {
	word map[uint64]float64
	char map[rune]counted
}

// What is not on the list, and what a character that stands alone costs beyond
// its share in text.
const (
	unknownChar = 13.0
	aloneExtra  = 1.0
)

// words reads the list when it is first needed.
var wordsOf = sync.OnceValue(func() *wordlist {
	z, err := gzip.NewReader(bytes.NewReader(wordsGz))
	if err != nil {
		panic("qualitative: the embedded word list: " + err.Error())
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("qualitative: the embedded word list: " + err.Error())
	}
	chars, lists, _ := strings.Cut(string(text), "\n\n")
	l := &wordlist{word: make(map[uint64]float64, 90_000), char: make(map[rune]counted, 12_000)}
	l.chars(chars)
	for line := range strings.Lines(lists) {
		log2 := float64(line[0] - 'a' + 1)
		for w := range strings.FieldsSeq(line[1:]) {
			r := []rune(w)
			l.word[pack(r)] = logTotal - float64(log2*math.Ln2)
		}
	}
	return l
})

// logTotal is the logarithm of how many words the dictionary's counts add up to.
const logTotal = 17.9

func (l *wordlist) chars(s string) {
	raw, total := map[rune][5]float64{}, [5]float64{}
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		var n [5]float64
		for i := range n {
			v, err := strconv.Atoi(f[i+1])
			if err != nil {
				panic("qualitative: the embedded word list: " + line)
			}
			n[i] = float64(v)
		}
		// The list has few names of two characters: those of three speak for them.
		n[4] = float64(2*n[4]) + float64(0.3*(n[2]+n[3]))
		raw[[]rune(f[0])[0]] = n
		for i := 1; i < 5; i++ {
			total[i] += n[i]
		}
	}
	for c, n := range raw {
		share := func(i int) float64 { return -math.Log((n[i] + 0.5) / total[i]) }
		l.char[c] = counted{n[0] / 100, share(1), share(2), share(3), share(4)}
	}
}

// pack makes one number of up to four characters.
func pack(r []rune) (k uint64) {
	for _, c := range r {
		k = k<<16 | uint64(uint16(c))
	}
	return k
}

// single is what a character costs that stands alone.
func (l *wordlist) single(r rune) float64 {
	if c, ok := l.char[r]; ok {
		return c.text + aloneExtra
	}
	return unknownChar
}
