/** Letters and words of languages in the encodings that files have, the most frequent first. */

/**
 * @typedef {object} Script
 * @property {string} tag of the language (BCP 47)
 * @property {string[]} encodings labels of the Encoding Standard, and those of `DOS`; the likeliest first
 * @property {"marks" | "alphabet" | "characters"} kind letters with marks among those of ASCII; letters that are not in
 *   ASCII; two bytes for each character
 * @property {string} common its letters, or its frequent characters
 * @property {number} rarity how much rarer it is than others, as a natural logarithm
 */

const WEST = ["windows-1252", "macintosh", "ibm850", "ibm437"];
const CENTRAL = ["windows-1250", "iso-8859-2", "ibm852"];
const CYRILLIC = ["windows-1251", "koi8-r", "ibm866", "x-mac-cyrillic", "iso-8859-5"];

/** @type {readonly Script[]} */
export const SCRIPTS = [
  { tag: "de", encodings: WEST, kind: "marks", common: "äüößé", rarity: 0 },
  { tag: "fr", encodings: WEST, kind: "marks", common: "éèàêçîùôâûëïœ", rarity: 0 },
  { tag: "es", encodings: WEST, kind: "marks", common: "óíáéñúü", rarity: 0 },
  { tag: "pt", encodings: WEST, kind: "marks", common: "ãçáéíóõêâúàô", rarity: 0.3 },
  { tag: "it", encodings: WEST, kind: "marks", common: "àèéìòù", rarity: 0.3 },
  { tag: "sv", encodings: WEST, kind: "marks", common: "äöåéøæ", rarity: 0.5 },
  { tag: "is", encodings: WEST, kind: "marks", common: "áéíóúýþðæö", rarity: 3 },
  { tag: "pl", encodings: CENTRAL, kind: "marks", common: "łóążęśćńź", rarity: 0.5 },
  { tag: "cs", encodings: CENTRAL, kind: "marks", common: "áíéěřščýžůúňťďóľĺŕôä", rarity: 0.5 },
  { tag: "hu", encodings: CENTRAL, kind: "marks", common: "áéóöíőüúű", rarity: 0.7 },
  { tag: "ro", encodings: CENTRAL, kind: "marks", common: "ăâîșțşţ", rarity: 0.8 },
  { tag: "hr", encodings: CENTRAL, kind: "marks", common: "čšžćđ", rarity: 1 },
  { tag: "tr", encodings: ["windows-1254"], kind: "marks", common: "ışüçöğİ", rarity: 0.5 },
  { tag: "lt", encodings: ["windows-1257"], kind: "marks", common: "ėšįųžąčęūāīēļņķģõäöü", rarity: 1.5 },
  { tag: "vi", encodings: ["windows-1258"], kind: "marks", common: "đưăơâêôáàéèíóòúỵ́̀́̃̉", rarity: 1.5 },
  {
    tag: "ru",
    encodings: CYRILLIC,
    kind: "alphabet",
    common: "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    rarity: 0,
  },
  {
    tag: "uk",
    encodings: ["windows-1251", "koi8-u", "x-mac-cyrillic"],
    kind: "alphabet",
    common: "оаинтвіеркслудмпязьбгчйхжшюцєщфїґ",
    rarity: 0.7,
  },
  {
    tag: "sr",
    encodings: ["windows-1251"],
    kind: "alphabet",
    common: "аоиеснрјтувкдмлпгзбчцшњљжћђхфџ",
    rarity: 1.5,
  },
  {
    tag: "el",
    encodings: ["windows-1253"],
    kind: "alphabet",
    common: "αοιετσνρκπμλςίυάόδέγήύχηθφώβωξζψϊϋ",
    rarity: 0.7,
  },
  {
    tag: "he",
    encodings: ["windows-1255"],
    kind: "alphabet",
    common: "יוהלארתבשמדנםקעחפצכגטזסןךףץ",
    rarity: 0.7,
  },
  {
    tag: "ar",
    encodings: ["windows-1256"],
    kind: "alphabet",
    common: "اليمنرتوبةعدسفهكقحجشصطخضذغثزأىءظئؤإآپچژگ",
    rarity: 0.7,
  },
  {
    tag: "th",
    encodings: ["windows-874"],
    kind: "alphabet",
    common: "านรอกเงมยลวดทสต่้ีัะิแจคหขปบพชไใโผณศธุูซฟฐฎภืึ์ถ",
    rarity: 0.7,
  },
  {
    tag: "zh-Hans",
    encodings: ["gb18030"],
    kind: "characters",
    common:
      "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指许统区保至队形社空决治展马科司五基眼书非则听白却界达光放强即像难权思王完设式色路记南品住告类求据程北边死张该交规万取望觉术领共确传师观清今切院让识候带导争运红蓝绿黄黑紫橙灰男否良恶阴阳猫狗低左右甲乙丙丁坏胜负苹标签径纹诊断龄",
    rarity: 0,
  },
  {
    tag: "zh-Hant",
    encodings: ["big5"],
    kind: "characters",
    common:
      "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日者意無力與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指許統區保至隊形社空決治展馬科司五基眼書非則聽白卻界達光放強即像難權思王完設式色路記南品住告類求據程北邊死張該交規萬取望覺術領共確傳師觀清今切院讓識候帶導爭運紅藍綠黃黑紫橙灰男否良惡陰陽貓狗低左右甲乙丙丁壞勝負蘋標籤徑紋診斷齡",
    rarity: 0.3,
  },
  {
    tag: "ja",
    encodings: ["shift_jis", "euc-jp"],
    kind: "characters",
    common:
      "日一国人年大十二本中長出三時行見月分後前生五間上東四今金入学高子外八六下来気小七山話女北書先名川千水半男西電校語土木食車何南万白天母火右左父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海知道集別物使品計死特私始運台広住真有口少町料工建空急止送切転研足究起着店病質試族銀早親験英医味字夜音注歌悪図室歩風紙黒花春赤青館屋色走秋夏良性陽陰負猫犬緑黄紫桃径紋診断類種身結果値",
    rarity: 0,
  },
  {
    tag: "ko",
    encodings: ["euc-kr"],
    kind: "characters",
    common:
      "이다는의에가을를은하고한지로기사도리인시어자나대그라해아서만들수일정과있부보것제전구장주었게으여상성면원동니공세스조우유안오소마국간무거생학비모실했중관선계방경적신문화연회발물내분체속입위미당치용개행히된러명바심식업진결빨강파랑노초록남녀양음색류",
    rarity: 0.3,
  },
];

/** Encodings of DOS, which browsers cannot decode: the characters of the bytes from 128. */
export const DOS = new Map([
  [
    "ibm437",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
  [
    "ibm850",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  ],
  [
    "ibm852",
    "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
  ],
]);
