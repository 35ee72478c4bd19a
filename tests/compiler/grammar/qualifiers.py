"""Words that change what a schedule means, by the way in which they do: not one may go unnoticed in a phrase."""

from __future__ import annotations

_BY_KIND = {
    "negation": "not no non never none neither nor nowhere nothing hardly scarcely barely without lacking minus don't "
    "doesn't isn't cannot can't won't wouldn't shouldn't ain't nay",
    "quantity": "some any few several many most all both half either enough plenty numerous various multiple "
    "couple handful dozen dozens plural single sole double triple fewer less more least much little "
    "majority minority remaining rest other another certain selected specific whichever every each twice thrice once",
    "exclusion": "except excluding exclusive save barring bar but besides beyond outside omitting omit omits "
    "skipping skip skips sans apart aside ignoring ignore disregarding unless less-than instead rather versus against "
    "excl excl. exc except-for other-than bypassing avoiding avoid foregoing exempting exempt",
    "condition": "if when whenever while whereas should provided providing assuming supposing given lest "
    "though although otherwise else or depending pending conditional contingent",
    "manner": "manually randomly sequentially gracefully lazily eagerly quietly silently forcibly partially fully "
    "roughly approximately loosely strictly ideally preferably hopefully optionally conditionally "
    "reluctantly automatically remotely locally jointly separately collectively concurrently",
    "frequency": "rarely seldom sometimes occasionally often frequently usually normally generally mostly largely "
    "mainly infrequently sporadically intermittently periodically irregularly regularly repeatedly constantly "
    "continuously nonstop biennially triennially perennially decennially",
    "state": "disabled enabled paused suspended stopped cancelled inactive dormant retired deprecated obsolete muted "
    "frozen blocked held deferred postponed delayed overdue expired broken offline draft proposed tentative "
    "provisional experimental optional temporary former previous old",
    "order": "first last second third next previous former latter alternate alternating opposite consecutive "
    "successive preceding following subsequent penultimate ultimate initial final earlier later early late "
    "before after since until till ago again anew afresh back",
    "hedge": "about around approximately roughly nearly almost circa maybe perhaps possibly probably presumably "
    "supposedly apparently allegedly virtually practically somewhat kinda sorta ish more-or-less give-or-take "
    "or-so at-most at-least up-to max min maximum minimum",
    "place in time": "mid mid- middle start end beginning half-way during throughout within across amid overnight "
    "daytime night-time yesterday today tomorrow now then soon once-only one-off standby holiday "
    "holidays winter summer lunchtime teatime",
    "prefix": "non- un- anti- bi- semi- tri- pre- post- ex- quasi- pseudo- multi- sub- over- under- inter- counter- "
    "near- off- de- re- half- quarter- cross- all-but-",
    "unheard of": "gribbly frobnicated zorkish wibbled quonked snarfed blibbering dwimmed yclept whilom anon betimes "
    "erstwhile ere anent withal sithee perchance mayhap peradventure nigh fain verily forsooth",
}

QUALIFIERS: tuple[str, ...] = tuple(dict.fromkeys(word for words in _BY_KIND.values() for word in words.split()))
"""A word that ends in a hyphen is glued to the word behind it, as prefixes are."""
