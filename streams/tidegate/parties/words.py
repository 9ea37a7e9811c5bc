"""Cut a folded name into words, and know which words say little about who is meant.

Latin names have spaces. Han names have none: known words of the trade (工業, 電機, 大学) and places
are cut out, longest first, and what stands between them is the name's own stem.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tidegate.parties.fold import fold

_LATIN = """
a an and the of for de des du la le el al and in at to y e da do dos das und van von der den
international internacional internationale technology technologies technical tech trade trading
commerce commercial comercial company companies corporation group groupe grupo gruppe holding
holdings enterprise enterprises industry industries industrial industria industrias industriya
manufacturing manufacturer works factory plant production products general global world universal
united national state federal public joint stock limited liability partnership association society
foundation organization organisation institute institution academy university college school
center centre research scientific science sciences development design bureau laboratory
laboratories department ministry office branch division unit services service solutions systems
system engineering engineers construction building investment investments finance financial bank
capital management consulting consultancy logistics transport transportation shipping freight
forwarding express air airlines airways aviation aerospace space marine maritime electronics
electronic electric electrical power energy oil gas petroleum chemical chemicals chemistry
materials metal metals steel mining machinery machine machines equipment tools instrument
instruments components parts auto automotive motor motors heavy precision optical semiconductor
computer software information communication communications telecom network networks digital data
smart new advanced medical pharmaceutical food foods import export importers exporters supply
supplies procurement wholesale retail store market marketing company co corp inc ltd llc plc north
south east west northern southern eastern western central great china chinese japan japanese
nippon nihon tokyo osaka beijing shanghai shenzhen guangdong hong kong hongkong taiwan russia
russian moscow iran iranian tehran turkey turkish istanbul dubai uae emirates india indian
pakistan korea korean germany german france french uk usa us american america canada europe
european asia asian pacific middle arab arabian islamic republic democratic people peoples mr mrs
dr prof professor president prime minister general colonel major captain sir prince sheikh
shaikh shaykh haji hajji mullah qari prasident mv mt ss vessel trust fund business businesses
worldwide brothers
"""
_HAN = """
三菱 三井 住友 川崎 富士 日立 東芝 日本 東京 大阪 京都 名古屋 横浜 神戸 九州 北海道 中国 中華 北京
上海 深圳 広州 広東 天津 南京 武漢 成都 西安 香港 台湾 韓国 美国 米国 俄羅斯 国際 国立 国家 中央
中部 東北 西北 西南 華東 華南 華北 株式会社 有限公司 公司 企業 集団 総合 総公司 控股 工業 重工業
重工 産業 実業 商事 商会 貿易 物流 運輸 輸送 運送 航運 航空 航天 宇宙 航空機 飛機 飛行 機械 機器
機電 電機 電気 電器 電子 電力 電工 電線 電装 光電 光学 精密 精工 精機 製作所 製造 製造所 製作 製鋼
製鋼所 鋼鉄 鉄鋼 金属 材料 化学 化工 化成 科学 科技 技術 技研 研究 研究所 研究院 研究開発 開発
設計 設計院 設計所 工程 建設 建築 造船 造船所 船舶 海洋 海事 汽車 自動車 車両 半導体 情報 信息
通信 通訊 網絡 軟件 系統 設備 装備 儀器 計器 計測 測量 大学 大学校 学院 学校 学会 協会 財団 中心
実験室 銀行 投資 保険 証券 発展 発動機 兵器 武器 防衛 防務 国防 軍事 特種 特殊 新 有限 責任 股份
本社 支店 支社 分公司 工場 工廠 所 社 会 주식회사 회사 그룹 산업 공업 전자 기술 대학교
"""
_WIDE = re.compile(
    "[\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


SMALL = frozenset(("a", "an", "and", "the", "of", "for"))
"""Words that are written or left out at will."""
COMMON = _folded(_LATIN) | _folded(_HAN)
"""Words that never decide alone: trades, forms, places, what half of all companies are called."""


def _shortened(word: str) -> set[str]:
    """Return a word with each of its letters dropped, and whole."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


_LONG = 5  # letters; a shorter word with one changed is another word
_NEARLY = {
    short for word in COMMON if word.isascii() and len(word) > _LONG for short in _shortened(word)
}


def is_nearly_common(word: str) -> bool:
    """Say whether a word is a common one with a letter changed, added, dropped or swapped."""
    return len(word) >= _LONG and not _NEARLY.isdisjoint(_shortened(word))


_CUT = re.compile(
    "|".join(sorted((re.escape(w) for w in _folded(_HAN) if len(w) > 1), key=len, reverse=True))
)


@lru_cache(maxsize=1 << 16)
def words_of(folded: str) -> tuple[str, ...]:
    """Return the words of a folded name, in order; without small ones, where others are left."""
    words = _all_words(folded)
    telling = tuple(word for word in words if word not in SMALL)
    return telling or words


def _all_words(folded: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in folded.split():
        at = 0
        for run in _WIDE.finditer(part):
            if run.start() > at:
                found.append(part[at : run.start()])
            found += _cut(run.group())
            at = run.end()
        if at < len(part):
            found.append(part[at:])
    return tuple(found)


def _cut(run: str) -> list[str]:
    found, at = [], 0
    for known in _CUT.finditer(run):
        if known.start() > at:
            found.append(run[at : known.start()])
        found.append(known.group())
        at = known.end()
    if at < len(run):
        found.append(run[at:])
    return found
