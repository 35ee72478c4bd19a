"""Holiday calendars as people name them in a phrase: `public holidays in Bavaria`, `US federal holidays`.

The codes are those of the `holidays` package (ISO 3166, and ISO 10383 for markets), which is not asked here:
a phrase means the same whether it is installed or not. A name that two places share (Georgia) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from reconciler.compiler.grammar.vocabulary import Token

_PLACES = """
aargau=CH-AG; afghanistan=AF; alabama=US-AL; aland islands=AX; alaska=US-AK; albania=AL; alberta=CA-AB; algeria=DZ;
alsace=FR-6AE; american samoa=AS; andalusia=ES-AN; andorra=AD; angola=AO; anguilla=AI; antigua and barbuda=AG;
argentina=AR; arizona=US-AZ; arkansas=US-AR; armenia=AM; aruba=AW; australia=AU; australian capital
territory=AU-ACT; austria=AT; azerbaijan=AZ; baden-wuerttemberg=DE-BW; baden-württemberg=DE-BW; bahamas=BS;
bahrain=BH; bangladesh=BD; barbados=BB; basel-landschaft=CH-BL; basel-stadt=CH-BS; basque country=ES-PV;
bavaria=DE-BY; bayern=DE-BY; belarus=BY; belgium=BE; belize=BZ; benin=BJ; berlin=DE-BE; bermuda=BM; bern=CH-BE;
bhutan=BT; bolivia=BO; bonaire sint eustatius and saba=BQ; bosnia and herzegovina=BA; botswana=BW;
brandenburg=DE-BB; brazil=BR; bremen=DE-HB; british columbia=CA-BC; british virgin islands=VG; brunei=BN;
bulgaria=BG; burgenland=AT-1; burkina faso=BF; burundi=BI; cabo verde=CV; california=US-CA; cambodia=KH;
cameroon=CM; canada=CA; carinthia=AT-2; catalonia=ES-CT; cayman islands=KY; central african republic=CF; chad=TD;
chile=CL; china=CN; cocos islands=CC; colombia=CO; colorado=US-CO; comoros=KM; congo=CG; connecticut=US-CT; cook
islands=CK; costa rica=CR; croatia=HR; cuba=CU; curacao=CW; cyprus=CY; czech republic=CZ; czechia=CZ;
delaware=US-DE; denmark=DK; district of columbia=US-DC; djibouti=DJ; dominica=DM; dominican republic=DO; dr
congo=CD; ecb=XECB; ecuador=EC; egypt=EG; el salvador=SV; england=GB-ENG; equatorial guinea=GQ; eritrea=ER;
estonia=EE; eswatini=SZ; ethiopia=ET; euronext=ENX; european central bank=XECB; falkland islands=FK; faroe
islands=FO; fed=XFED; federal reserve=XFED; fiji=FJ; finland=FI; florida=US-FL; france=FR; french guiana=GF; french
polynesia=PF; fribourg=CH-FR; gabon=GA; galicia=ES-GA; gambia=GM; geneva=CH-GE; germany=DE; ghana=GH; gibraltar=GI;
glarus=CH-GL; graubünden=CH-GR; great britain=GB; greece=GR; greenland=GL; grenada=GD; guadeloupe=GP; guam=GU;
guatemala=GT; guernsey=GG; guinea=GN; guinea bissau=GW; guyana=GY; haiti=HT; hamburg=DE-HH; hawaii=US-HI;
hesse=DE-HE; hessen=DE-HE; holland=NL; honduras=HN; hong kong=HK; hong kong stock exchange=XHKG; hongkong=HK;
hungary=HU; iceland=IS; idaho=US-ID; illinois=US-IL; india=IN; indiana=US-IN; indonesia=ID; iowa=US-IA; iran=IR;
iraq=IQ; ireland=IE; isle of man=IM; israel=IL; italy=IT; ivory coast=CI; jamaica=JM; japan=JP; jersey=JE;
jordan=JO; jura=CH-JU; kansas=US-KS; kazakhstan=KZ; kentucky=US-KY; kenya=KE; kiribati=KI; kosovo=XK; kuwait=KW;
kyrgyzstan=KG; kärnten=AT-2; laos=LA; latvia=LV; lebanon=LB; lesotho=LS; liberia=LR; libya=LY; liechtenstein=LI;
lithuania=LT; london stock exchange=XLON; louisiana=US-LA; lower austria=AT-3; lower saxony=DE-NI; lse=XLON;
lucerne=CH-LU; luxembourg=LU; luzern=CH-LU; macau=MO; madagascar=MG; madrid=ES-MD; maine=US-ME; malawi=MW;
malaysia=MY; maldives=MV; mali=ML; malta=MT; manitoba=CA-MB; marshall islands=MH; martinique=MQ; maryland=US-MD;
massachusetts=US-MA; mauritania=MR; mauritius=MU; mayotte=YT; mecklenburg-vorpommern=DE-MV; mexico=MX;
michigan=US-MI; micronesia=FM; minnesota=US-MN; mississippi=US-MS; missouri=US-MO; moldova=MD; monaco=MC;
mongolia=MN; montana=US-MT; montenegro=ME; montserrat=MS; morocco=MA; mozambique=MZ; myanmar=MM; namibia=NA;
nasdaq=XNAS; nauru=NR; navarre=ES-NC; nebraska=US-NE; nepal=NP; netherlands=NL; neuchâtel=CH-NE; nevada=US-NV; new
brunswick=CA-NB; new caledonia=NC; new hampshire=US-NH; new jersey=US-NJ; new mexico=US-NM; new south wales=AU-NSW;
new york=US-NY; new york stock exchange=XNYS; new zealand=NZ; newfoundland and labrador=CA-NL; nicaragua=NI;
niedersachsen=DE-NI; niger=NE; nigeria=NG; niue=NU; nordrhein-westfalen=DE-NW; norfolk island=NF; north
carolina=US-NC; north dakota=US-ND; north korea=KP; north macedonia=MK; north rhine-westphalia=DE-NW; northern
ireland=GB-NIR; northern mariana islands=MP; northern territory=AU-NT; northwest territories=CA-NT; norway=NO; nova
scotia=CA-NS; nunavut=CA-NU; nyse=XNYS; ohio=US-OH; oklahoma=US-OK; oman=OM; ontario=CA-ON; oregon=US-OR;
pakistan=PK; palau=PW; palestine=PS; panama=PA; papua new guinea=PG; paraguay=PY; pennsylvania=US-PA; peru=PE;
philippines=PH; pitcairn islands=PN; poland=PL; portugal=PT; prince edward island=CA-PE; puerto rico=PR; qatar=QA;
quebec=CA-QC; queensland=AU-QLD; reunion=RE; rheinland-pfalz=DE-RP; rhineland-palatinate=DE-RP; rhode island=US-RI;
romania=RO; russia=RU; rwanda=RW; saarland=DE-SL; sachsen=DE-SN; sachsen-anhalt=DE-ST; saint barthelemy=BL; saint
helena ascension and tristan da cunha=SH; saint kitts and nevis=KN; saint lucia=LC; saint martin=MF; saint pierre
and miquelon=PM; saint vincent and the grenadines=VC; salzburg=AT-5; samoa=WS; san marino=SM; sao tome and
principe=ST; saskatchewan=CA-SK; saudi arabia=SA; saxony=DE-SN; saxony-anhalt=DE-ST; schaffhausen=CH-SH;
schleswig-holstein=DE-SH; schwyz=CH-SZ; scotland=GB-SCT; senegal=SN; serbia=RS; seychelles=SC; sierra leone=SL;
singapore=SG; sint maarten=SX; slovakia=SK; slovenia=SI; solomon islands=SB; solothurn=CH-SO; somalia=SO; south
africa=ZA; south australia=AU-SA; south carolina=US-SC; south dakota=US-SD; south korea=KR; south sudan=SS;
spain=ES; sri lanka=LK; styria=AT-6; sudan=SD; suriname=SR; sweden=SE; switzerland=CH; syria=SY; syrian arab
republic=SY; taiwan=TW; tajikistan=TJ; tanzania=TZ; target=XECB; tasmania=AU-TAS; tennessee=US-TN; texas=US-TX;
thailand=TH; thurgau=CH-TG; thuringia=DE-TH; thüringen=DE-TH; ticino=CH-TI; timor leste=TL; tirol=AT-7; togo=TG;
tokelau=TK; tokyo stock exchange=XJPX; tonga=TO; trinidad and tobago=TT; tunisia=TN; turkey=TR; turkmenistan=TM;
turks and caicos islands=TC; tuvalu=TV; tyrol=AT-7; u.s=US; uae=AE; uganda=UG; uk=GB; ukraine=UA; united arab
emirates=AE; united kingdom=GB; united states=US; united states virgin islands=VI; upper austria=AT-4; uruguay=UY;
us=US; usa=US; utah=US-UT; uzbekistan=UZ; valais=CH-VS; vanuatu=VU; vatican city=VA; vaud=CH-VD; venezuela=VE;
vermont=US-VT; victoria=AU-VIC; vienna=AT-9; vietnam=VN; virginia=US-VA; vorarlberg=AT-8; wales=GB-WLS; wallis and
futuna=WF; washington state=US-WA; west virginia=US-WV; western australia=AU-WA; wien=AT-9; wisconsin=US-WI;
wyoming=US-WY; yemen=YE; yukon=CA-YT; zambia=ZM; zimbabwe=ZW; zug=CH-ZG; zurich=CH-ZH; zürich=CH-ZH
"""
_ADJECTIVES = """
american=US; german=DE; british=GB; english=GB-ENG; scottish=GB-SCT; welsh=GB-WLS; french=FR; italian=IT;
spanish=ES; austrian=AT; swiss=CH; dutch=NL; belgian=BE; irish=IE; polish=PL; czech=CZ; danish=DK; swedish=SE;
norwegian=NO; finnish=FI; portuguese=PT; greek=GR; hungarian=HU; romanian=RO; canadian=CA; mexican=MX; brazilian=BR;
japanese=JP; chinese=CN; korean=KR; indian=IN; australian=AU; turkish=TR; bavarian=DE-BY
"""
_KINDS = r"(?:(?:public|bank|national|federal|official|legal|statutory|state|regional|market|trading)\s+)*"
_CODE = r"[a-z]{2}-[a-z0-9]{1,3}\b"
_AND = r"\s*(?:,|&|\band\b)\s*(?:in\s+)?"


def _table(text: str) -> dict[str, str]:
    pairs = (pair.split("=") for pair in text.replace("\n", " ").split(";"))
    return {name.strip(): code.strip() for name, code in pairs}


@cache
def _places() -> dict[str, str]:
    return _table(_PLACES)


def _any_of(names: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")\b"


@cache
def _pattern() -> re.Pattern[str]:
    """Return what finds `holidays in PLACE and PLACE`, and `PLACE holidays`, in a phrase in lower case."""
    places, adjectives = _places(), _table(_ADJECTIVES)
    place = rf"(?:the\s+)?(?:{_CODE}|x[a-z]{{3}}\b|{_any_of(places)})(?!\s+time)"
    country = _any_of({code.lower() for code in places.values() if len(code) == 2})  # `at`, `in`: only after `in`
    after = rf"holidays?\s+(?:in|of|for)\s+(?P<after>(?:{place}|{country}(?!\s+time))(?:{_AND}{place})*)"
    before = rf"(?P<before>{_CODE}|{_any_of(places | adjectives)})(?:'s)?\s+{_KINDS}holidays?\b(?!\s+(?:in|of|for)\b)"
    return re.compile(rf"\b{_KINDS}{after}|\b{before}")


def cut_holidays(text: str) -> Iterator[tuple[int, str] | Token]:
    """Yield *text* (lower case) in pieces with their place, and a HOLIDAYS token for each country or part it names.

    A token says where in *text* it stands.
    """
    if "holiday" not in text:
        yield 0, text
        return
    at = 0
    for match in _pattern().finditer(text):
        yield at, text[at : match.start()]
        at = match.end()
        for number, place in enumerate(re.split(_AND, match["after"] or match["before"])):
            if number:
                yield Token("AND", None, "and", match.start(), match.end())
            yield Token("HOLIDAYS", _code(place.removeprefix("the ")), match[0], match.start(), match.end())
    yield at, text[at:]


def _code(place: str) -> str:
    return _places().get(place) or _table(_ADJECTIVES).get(place) or place.upper()
