#!/usr/bin/env python3
"""Makes scoring/qualitative/lexicon/words.txt.gz from the dictionary of cppjieba
(MIT licence, see the README there): ordinary words of two to four characters,
and how often characters stand in given names and in text.

    python3 scripts/lexicon.py path/to/jieba.dict.utf8
"""
import collections, gzip, math, sys

han = lambda w: all('\u4e00' <= c <= '\u9fff' for c in w)
NAMES = {'nr', 'nrt', 'nrfg'} # nrt: foreign names in Chinese characters, no evidence for given names
words, text = {}, collections.Counter()
first, second, single, family = (collections.Counter() for _ in range(4))
surnames = set(next(l.split('"')[1] for l in open('scoring/qualitative/maskname.go', encoding='utf8') if 'surnames = set(' in l))
for line in open(sys.argv[1], encoding='utf8'):
    w, freq, tag = line.split(' ')[0], int(line.split(' ')[1]), line.split(' ')[2].strip()
    if not han(w):
        continue
    # Many an ordinary word is tagged as a name (高潮, 夏威夷): what comes up
    # often is one.
    if tag in NAMES and not (len(w) == 2 and freq >= 20 or len(w) == 3 and freq >= 14):
        if tag != 'nrt' and w[0] in surnames and len(w) in (2, 3):
            family[w[0]] += 1
            if len(w) == 3:
                first[w[1]] += 1
                second[w[2]] += 1
            else:
                single[w[1]] += 1
        continue
    for c in w:
        text[c] += freq
    if 2 <= len(w) <= 4 and freq >= 5:
        words[w] = max(1, min(25, round(math.log2(freq))))
total = sum(text.values())
with gzip.GzipFile('scoring/qualitative/lexicon/words.txt.gz', 'wb', 9, mtime=0) as f:
    # A character: hundredths of the natural logarithm of its share in text, and
    # how often it is a surname, and the first, the second and the only one of a
    # given name.
    for c in sorted(text, key=lambda c: (-text[c], c)):
        f.write(f"{c} {-round(100 * math.log(text[c] / total))} {family[c]} {first[c]} {second[c]} {single[c]}\n".encode())
    f.write(b"\n")
    # A word: the binary logarithm of how often it was counted, as a letter.
    for k in range(1, 26):
        f.write((chr(96 + k) + ' '.join(sorted(w for w in words if words[w] == k)) + '\n').encode())
print(len(words), len(text), sum(first.values()), sum(single.values()))
