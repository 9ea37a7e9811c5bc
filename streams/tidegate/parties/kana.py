"""Write kana in Latin letters, as firms write their names.

Words of trade that are English in kana become the English word (tables/kana_words.txt), for that is
what lists have; letters called by name become letters; all else is spelt by sound (Hepburn,
without length marks).
"""

from __future__ import annotations

import re

from tidegate.parties.tables import lines

_ROWS = """
ア a イ i ウ u エ e オ o カ ka キ ki ク ku ケ ke コ ko サ sa シ shi ス su セ se ソ so
タ ta チ chi ツ tsu テ te ト to ナ na ニ ni ヌ nu ネ ne ノ no ハ ha ヒ hi フ fu ヘ he ホ ho
マ ma ミ mi ム mu メ me モ mo ヤ ya ユ yu ヨ yo ラ ra リ ri ル ru レ re ロ ro ワ wa ヰ i ヱ e ヲ o
ガ ga ギ gi グ gu ゲ ge ゴ go ザ za ジ ji ズ zu ゼ ze ゾ zo ダ da ヂ ji ヅ zu デ de ド do
バ ba ビ bi ブ bu ベ be ボ bo パ pa ピ pi プ pu ペ pe ポ po ヴ vu ン n ァ a ィ i ゥ u ェ e ォ o
ャ ya ュ yu ョ yo ヮ wa ヵ ka ヶ ga ヷ va ヸ vi ヹ ve ヺ vo
キャ kya キュ kyu キョ kyo シャ sha シュ shu ショ sho チャ cha チュ chu チョ cho ニャ nya ニュ nyu
ニョ nyo ヒャ hya ヒュ hyu ヒョ hyo ミャ mya ミュ myu ミョ myo リャ rya リュ ryu リョ ryo ギャ gya
ギュ gyu ギョ gyo ジャ ja ジュ ju ジョ jo ビャ bya ビュ byu ビョ byo ピャ pya ピュ pyu ピョ pyo
シェ she ジェ je チェ che ティ ti ディ di トゥ tu ドゥ du テュ tyu デュ dyu ファ fa フィ fi フェ fe
フォ fo フュ fyu ウィ wi ウェ we ウォ wo ヴァ va ヴィ vi ヴェ ve ヴォ vo ヴュ vyu イェ ye ツァ tsa
ツィ tsi ツェ tse ツォ tso クァ kwa クィ kwi クェ kwe クォ kwo グァ gwa スィ si ズィ zi
"""
_WORDS = _ROWS.split()
_SOUNDS = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
_SYLLABLE = re.compile("[ァ-ヺ][ァィゥェォャュョヮ]|[ァ-ヺ]")
_RUN = re.compile("[ぁ-ゖァ-ヺー]+")
_ENGLISH = dict(line.split(" ", 1) for line in lines("kana_words.txt"))
# Longest first: システムズ is one word, not システム and a rest.
_KNOWN = re.compile("|".join(sorted(_ENGLISH, key=len, reverse=True)))
_CALLED_ROWS = """
エー a エイ a ビー b シー c ディー d イー e エフ f ジー g エイチ h エッチ h アイ i ジェイ j ジェー j
ケイ k ケー k エル l エム m エヌ n オー o ピー p キュー q アール r エス s ティー t ユー u ブイ v
ダブリュー w エックス x ワイ y ゼット z
"""
_CALLED = _CALLED_ROWS.split()
_LETTERS = dict(zip(_CALLED[::2], _CALLED[1::2], strict=True))
"""The English letters as they are called: ティーディーケイ is TDK."""
_LETTER = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def romanised(text: str) -> str:
    """Return the text with each run of kana in Latin letters, set off by spaces."""
    return _RUN.sub(lambda run: f" {_latin(run[0].translate(_HIRAGANA))} ", text)


def _latin(kana: str) -> str:
    parts: list[str] = []
    at = 0
    for known in _KNOWN.finditer(kana):
        parts += [_romaji(kana[at : known.start()]), _ENGLISH[known[0]]]
        at = known.end()
    parts.append(_romaji(kana[at:]))
    return " ".join(part for part in parts if part)


def _romaji(kana: str) -> str:
    called = _LETTER.findall(kana)
    if len(called) > 1 and "".join(called) == kana:
        return "".join(_LETTERS[name] for name in called)
    parts: list[str] = []
    doubled = False
    for syllable in _SYLLABLE.findall(kana.replace("ー", "")):
        if syllable == "ッ":
            doubled = True
            continue
        sound = _SOUNDS.get(syllable)
        if sound is None:
            sound = _SOUNDS.get(syllable[0], "") + _SOUNDS.get(syllable[1:], "")
        if doubled and sound[:1] not in "aiueo":
            sound = ("t" if sound.startswith("ch") else sound[:1]) + sound
        doubled = False
        parts.append(sound)
    return "".join(parts)
