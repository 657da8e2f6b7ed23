package question

import (
	"slices"

	"gongping/survey/instrument"
)

// Choose gives the language to ask in: the one wanted, else the reader's, else
// the questionnaire's main one, the first of these that it is written in.
func Choose(q *instrument.Questionnaire, wanted, reader string) string {
	tags := q.Tags()
	for _, tag := range []string{wanted, reader} {
		if slices.Contains(tags, tag) {
			return tag
		}
	}
	return tags[0]
}

// names are the names of languages in themselves, as their readers look for them.
var names = map[string]string{
	"zh": "中文", "en": "English", "ja": "日本語", "ko": "한국어", "fr": "Français", "de": "Deutsch", "es": "Español", "pt": "Português",
	"it": "Italiano", "ru": "Русский", "ar": "العربية", "fa": "فارسی", "ug": "ئۇيغۇرچە", "bo": "བོད་ཡིག", "mn": "Монгол", "kk": "Қазақша",
	"vi": "Tiếng Việt", "th": "ไทย", "id": "Bahasa Indonesia", "hi": "हिन्दी", "zh-Hant": "繁體中文", "yue": "粵語",
}

// LanguageName is the name of a language in itself, or its tag.
func LanguageName(tag string) string {
	if n := names[tag]; n != "" {
		return n
	}
	return tag
}
