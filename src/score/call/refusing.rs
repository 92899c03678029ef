//! The words with which models refuse, by language.
//!
//! A refusal stands at the beginning: an apology at most, then "I cannot" and what is not done. The second half keeps
//! answers such as "I cannot find a bug" or "I can't recommend this library" out.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Characters at the beginning of the text in which a refusal must stand.
const LOOKED_AT: usize = 300;

/// What may stand between an apology and the refusal, within one or two sentences.
const SPAN: &str = r"[^\n]{0,120}?";

/// English, whose forms are many.
static ENGLISH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let opening = r"(?:(?:i'm|i am|we're|we are) (?:\w+ ){0,2}sorry|sorry|my apologies|apologies|i apologi[sz]e|unfortunately|i understand|thank you for asking)";
    let gap = r"[^.!?\n]{0,80}?[.,;:!—–-]*\s*";
    let bridge = r"(?:(?:but|however|and|as an ai(?: language)?(?: model| assistant)?),?\s*){0,2}";
    let cannot = r"(?:i|we)(?: simply| just| really)?(?: can't| cannot| can not| won't| will not|(?:'m| am|'re| are)(?: unable| not able| not comfortable| not willing| unwilling)(?: to)?)";
    let done = r"(?: be able to)? (?:(?:help|helping|assist|assisting)(?: you)?(?:[.!,]|$| (?:with|in|you|further|on)\b)|(?:comply|fulfill|fulfil|engage|participate|do (?:that|this|so))\b|(?:answer|discuss|support|continue|complete|process) (?:with )?(?:that|this|these|those|your|the)\b|(?:provide|providing|create|creating|generate|generating|write|writing|produce|share|offer|give)(?: you)?(?: with)? (?:that|this|such|any|instructions|guidance|assistance|content|information (?:on|about|that|for)|advice (?:on|about))\b)";
    let decline = r"i (?:must|have to|need to|will have to|am going to|'ll have to)(?: \w+ly)? (?:decline|refuse)\b";
    // `None` cannot happen: a test compiles all. Without it only marked refusals would be found.
    Regex::new(&format!(r"^(?:{opening}{gap})?{bridge}(?:{cannot}{done}|{decline})")).ok()
});

/// Language (ISO 639-1), apologies that may open, and refusals: "I cannot help", not "I cannot find".
const LANGUAGES: &[(&str, &str, &str)] = &[
    (
        "de",
        r"(?:es )?tut mir (?:sehr |wirklich )?leid|entschuldig\w*|leider|ich bedau[e]?re|verzeihung",
        r"(?:ich|wir|dabei|das|hierbei|damit) (?:kann|können|darf|dürfen|werde|möchte)(?: ich| wir)?(?: \w+){0,6}? (?:nicht|keine?n?|leider)\b[^.!?\n]{0,80}?(?:helfen|unterstützen|weiterhelfen|beantworten|nachkommen|behilflich|erfüllen|anleitung\w*|hilfe (?:geben|leisten|anbieten)|bereitstellen)|(?:ich muss (?:das|dies|diese anfrage|die anfrage)? ?(?:leider )?ablehnen)",
    ),
    (
        "fr",
        r"(?:je suis )?(?:vraiment )?désolée?|(?:toutes )?mes excuses|je m'excuse|malheureusement|je regrette",
        r"(?:je ne (?:peux|puis|pourrai|suis pas en mesure de|suis pas autorisée? à|souhaite)(?: malheureusement)? ?(?:pas )?(?:\w+ ){0,4}?(?:vous |t'|te |l'|y |à )?(?:aider|assister|répondre à (?:cette|votre|ta)|accéder à|donner suite|fournir (?:ce|cette|d'|de |des )|satisfaire|traiter (?:cette|votre)|participer)|je (?:dois|me vois contrainte? de|suis obligée? de) (?:refuser|décliner))",
    ),
    (
        "es",
        r"lo (?:siento|lamento)(?: mucho)?|perdón|disculp\w*|lamentablemente|desafortunadamente|me temo que",
        r"(?:no (?:puedo|podré|podemos|me es posible|estoy en condiciones de|estoy autorizad[oa] (?:a|para))(?: \w+){0,2}? ?(?:ayudar|asistir|responder a (?:es[at]|tu|su)|proporcionar (?:es[aeto]|instruc|informaci|ayuda)|cumplir|atender|participar|hacer eso|colaborar)\w*|(?:debo|tengo que) (?:rechazar|negarme|declinar))",
    ),
    (
        "pt",
        r"(?:sinto|lamento)(?: muito)?|desculp\w*|perdão|infelizmente",
        r"(?:(?:eu )?não (?:posso|consigo|poderei|estou autorizad[oa] a|me é possível)(?: \w+){0,2}? ?(?:ajudar|auxiliar|assistir|responder a (?:ess?[ae]|est[ae])|fornecer (?:ess?|instru|informaç|ajuda)|cumprir|atender|participar|fazer isso|colaborar)\w*|(?:devo|tenho que|preciso) recusar)",
    ),
    (
        "it",
        r"mi (?:dispiace|spiace)(?: molto)?|scus\w*|purtroppo|sono spiacente",
        r"(?:non (?:posso|potrò|sono in grado di|mi è possibile|sono autorizzat[oa] a)(?: \w+){0,2}? ?(?:aiutar|assister|rispondere a (?:quest|tale)|fornire (?:quest|istruz|informaz|assist|tali)|soddisfare|partecipare|farlo|procedere)\w*|(?:devo|sono costrett[oa] a) (?:rifiutar|declinar)\w*)",
    ),
    (
        "nl",
        r"het spijt me(?: zeer)?|sorry|helaas|excuses|mijn excuses",
        r"(?:(?:(?:ik|daar|hier|dat|we) (?:kan|mag|wil|zal|ben)(?: ik| we)?|(?:kan|mag|zal|kunnen) (?:ik|we))(?: \w+){0,5}? (?:niet|geen)\b[^.!?\n]{0,60}?(?:helpen|assisteren|beantwoorden|voldoen|verstrekken|geven|meewerken|ondersteunen)|(?:niet|geen) (?:in staat|bij machte)[^.!?\n]{0,40}?helpen|ik moet (?:dit|dat|dit verzoek|je verzoek|uw verzoek) (?:helaas )?(?:weigeren|afwijzen))",
    ),
    (
        "pl",
        r"przykro mi|przepraszam|niestety|wybacz\w*",
        r"(?:nie (?:mogę|możemy|jestem w stanie|wolno mi|będę)(?: \w+){0,3}? ?(?:pomóc|pomagać|odpowiedzieć na (?:to|t[eę])|udzielić|spełnić|dostarczyć|podać (?:tych|takich|instrukcji)|wykonać (?:tego|tej)|uczestniczyć)|muszę odmówić|odmawiam)",
    ),
    (
        "cs",
        r"(?:je mi líto|omlouvám se|lituji|bohužel|promiňte?)",
        r"(?:(?:s tím |s tímto )?(?:vám |ti )?(?:nemohu|nemůžu|nemůžeme|nesmím)(?: \w+){0,3}? ?(?:pomoci|pomoct|odpovědět na (?:tot?o|tuto)|vyhovět|poskytnout|splnit)|musím odmítnout)",
    ),
    (
        "sv",
        r"(?:jag är |jag ber om |)(?:ledsen|ursäkt|förlåt|beklagar)|tyvärr|jag beklagar",
        r"(?:(?:(?:jag|det|vi) (?:kan|får|tänker|kommer)(?: jag| vi)?|(?:kan|får) (?:jag|vi))(?: \w+){0,3}? inte[^.!?\n]{0,40}?(?:hjälpa|bistå|svara på (?:det|den)|tillhandahålla|uppfylla|ge (?:instruktioner|råd))|jag måste (?:avböja|neka|tacka nej))",
    ),
    (
        "da",
        r"(?:jeg )?beklager|(?:det gør mig ondt|undskyld|desværre|dessverre)",
        r"(?:(?:(?:jeg|det|vi) (?:kan|må|vil)(?: jeg| vi)?|(?:kan|må) (?:jeg|vi))(?: \w+){0,3}? ikke[^.!?\n]{0,40}?(?:hjælpe|hjelpe|bistå|svare på (?:det|den)|opfylde|oppfylle|give (?:instruktioner|råd)|gi (?:instruksjoner|råd))|jeg må (?:afvise|avslå|takke nej))",
    ),
    (
        "fi",
        r"(?:olen )?pahoillani|anteeksi|valitettavasti|pahoittelen",
        r"(?:en (?:voi|pysty|saa|kykene)(?: \w+){0,3}? ?(?:auttaa|auttamaan|avustaa|vastata (?:tähän|siihen)|antaa (?:ohjeita|neuvoja)|toteuttaa)|minun (?:on|täytyy) (?:kieltäytyä|kieltäydyttävä))",
    ),
    (
        "ro",
        r"îmi pare (?:foarte )?rău|regret|din păcate|scuze|mă scuzați",
        r"(?:nu (?:pot|vă pot|te pot|sunt în măsură)(?: \w+){0,3}? ?(?:să )?(?:ajut|ajuta|asista|răspund la (?:acea|ace)|oferi|îndeplini|furniza)\w*|trebuie să refuz)",
    ),
    (
        "hu",
        r"sajnál(?:om|juk)|elnézést|bocsánat|sajnos|bocs",
        r"(?:(?:ebben |ezzel )?(?:\w+ )?(?:nem (?:tudok|tudunk|segíthetek|áll módomban|adhatok))(?: \w+){0,4}? ?(?:segíteni|segítséget|eleget tenni|válaszolni|teljesíteni|tanácsot|$|[.,!])|vissza kell utasítanom)",
    ),
    (
        "el",
        r"λυπάμαι|συγγνώμη|δυστυχώς|ζητώ συγγνώμη",
        r"(?:δεν μπορώ(?: \w+){0,3}? ?(?:βοηθήσω|συνδράμω|απαντήσω σε αυτ|παράσχω|εκπληρώσω|δώσω οδηγίες)|πρέπει να αρνηθώ)",
    ),
    (
        "ru",
        r"(?:к сожалению|извините|простите|прошу прощения|мне (?:очень )?жаль|приношу извинения|сожалею)",
        r"(?:(?:я )?(?:с этим |в этом |вам )?(?:не могу|не смогу|не имею права|не вправе|не буду)(?: \p{L}+){0,3}? ?(?:помочь|помогать|ответить на (?:этот|это|ваш)|предоставить|выполнить (?:эт|ваш)|обсуждать|участвовать|дать (?:инструкци|совет))|(?:я )?(?:вынужден\p{L}*|должен|должна) отказать\p{L}*)",
    ),
    (
        "uk",
        r"(?:на жаль|вибачте|перепрошую|прошу вибачення|мені (?:дуже )?шкода|пробачте)",
        r"(?:(?:я )?(?:з цим |у цьому |в цьому |вам )?(?:не можу|не зможу|не маю права)(?: \p{L}+){0,3}? ?(?:допомогти|допомагати|відповісти на (?:це|цей)|надати|виконати (?:це|цей|ваш)|обговорювати)|(?:я )?(?:змушен\p{L}*|мушу) відмовити\p{L}*)",
    ),
    (
        "tr",
        r"üzgünüm|özür dilerim|maalesef|kusura bakma\w*|ne yazık ki",
        r"(?:(?:bu|size|sana|bunu|böyle|buna|bununla)? ?[^.!?\n]{0,60}?(?:yardımcı olamam|yardımcı olamıyorum|yardım edemem|yardım edemiyorum|yanıtlayamam|yanıt veremem|yerine getiremem|sağlayamam|sunamam)|reddetmek (?:zorundayım|durumundayım))",
    ),
    (
        "ar",
        r"(?:أنا )?(?:آسف|آسفة|أعتذر|عذرا|عذرًا|عذراً|المعذرة|للأسف|معذرة)",
        r"(?:(?:ف?لا (?:أستطيع|يمكنني|استطيع|يمكننا|أقدر)|لست قادرا|لن أتمكن من|لا أتمكن من)(?: \S+){0,3}? ?(?:مساعدتك|مساعدة|المساعدة|مساعدتكم|تقديم (?:هذ|المساعدة|تعليمات)|الإجابة (?:على|عن) هذ|تلبية|تنفيذ هذ)|يجب أن أرفض)",
    ),
    (
        "he",
        r"אני מצטער(?:ת)?|מצטער(?:ת)?|סליחה|לצערי|מתנצל(?:ת)?",
        r"(?:(?:אני )?(?:לא (?:יכול|יכולה|אוכל)|איני יכול)(?: \S+){0,2}? ?(?:לעזור|לסייע|לענות על|לספק|למלא|לבצע)|עליי לסרב|אני נאלץ לסרב)",
    ),
    (
        "fa",
        r"متأسفم|متاسفم|ببخشید|متأسفانه|متاسفانه|عذرخواهی می[\u{200c} ]?کنم|با عرض پوزش",
        r"[^.!؟\n]{0,60}?(?:نمی[\u{200c} ]?توانم[^.!؟\n]{0,40}?(?:کمک|پاسخ|ارائه|انجام)|کمک کنم[^.!؟\n]{0,10}?نمی[\u{200c} ]?توانم|کمکی کنم)",
    ),
    (
        "hi",
        r"(?:मुझे )?(?:खेद है|माफ़ करें|माफ करें|माफ़ कीजिए|क्षमा करें|क्षमा कीजिए|दुर्भाग्य से|मुझे अफ़सोस है|मुझे खेद है)",
        r"[^।!?\n]{0,80}?(?:(?:मदद|सहायता|सहयोग|जानकारी|उत्तर|जवाब|अनुरोध)[^।!?\n]{0,40}?(?:नहीं कर सकत|नहीं दे सकत|नहीं कर पाऊ|प्रदान नहीं|पूरा नहीं)|ऐसा नहीं कर सकत)",
    ),
    (
        "id",
        r"maaf|mohon maaf|saya (?:mohon|minta) maaf|sayangnya|saya menyesal",
        r"(?:(?:saya|kami) (?:tidak (?:dapat|bisa|mampu|boleh))(?: \w+){0,3}? ?(?:membantu|bantu|menjawab pertanyaan (?:ini|itu)|memberikan (?:instruksi|bantuan|informasi|saran)|memenuhi|menyediakan|melakukan (?:itu|hal))|saya harus menolak)",
    ),
    (
        "vi",
        r"(?:tôi )?(?:rất )?(?:xin lỗi|tiếc|lấy làm tiếc)|rất tiếc",
        r"(?:(?:nhưng )?(?:tôi|mình|chúng tôi) (?:không thể|không được phép)(?: \S+){0,3}? ?(?:giúp|hỗ trợ|trả lời|cung cấp|đáp ứng|thực hiện)|tôi phải từ chối)",
    ),
    (
        "th",
        r"(?:ฉัน|ผม|ดิฉัน)?ขอ(?:โทษ|อภัย)|เสียใจ|น่าเสียดาย",
        r".{0,60}?(?:ไม่สามารถ.{0,20}?(?:ช่วย|ตอบ|ให้ข้อมูล|ให้คำแนะนำ|ดำเนินการ|ทำตาม)|ขอปฏิเสธ)",
    ),
    (
        "ja",
        r"申し訳(?:ありません|ございません|ない)|すみません|ごめんなさい|恐れ入りますが|残念ながら|恐縮ですが",
        r"[^。!?\n]{0,80}?(?:(?:お手伝い|お答え|回答|お応え|提供|ご提供|対応|支援|協力|サポート|手助け|お力)[^。!?\n]{0,16}?(?:できません|できかねます|いたしかねます|しかねます|出来ません|することはできない|になれません)|お断り)",
    ),
    (
        "zh",
        r"(?:很|非常)?(?:抱歉|对不起|對不起|遗憾|遺憾)|不好意思",
        r"[^。!?！？\n]{0,40}?(?:(?:我|本人)?(?:不能|无法|無法|没办法|沒辦法|不可以|不便)[^。!?！？\n]{0,20}?(?:帮助|幫助|协助|協助|帮忙|幫忙|帮你|幫你|帮您|回答(?:这|這|您|你|该)|提供|满足|滿足|回应|完成(?:这|這|您|你|该)|支持|讨论|討論)|必须拒绝|必須拒絕)",
    ),
    (
        "ko",
        r"죄송(?:합니다|하지만|해요)|미안(?:합니다|하지만|해요)|유감스럽(?:지만|게도)|안타깝(?:지만|게도)",
        r"[^.!?\n]{0,60}?(?:(?:도와|도움|답변|제공|응답|지원|안내|수행|처리|말씀)[^.!?\n]{0,16}?(?:드릴 수 없|드릴 수가 없|할 수 없|할 수가 없|해 드릴 수|어렵습니다|불가|못합니다|드리기 어렵|줄 수 없)|거절)",
    ),
];

/// A language's name and its expression.
static READY: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    LANGUAGES
        .iter()
        .filter_map(|(language, apology, refusal)| {
            let pattern = format!(r"^(?:(?:{apology}){SPAN})?(?:{refusal})");
            Some((*language, Regex::new(&pattern).ok()?))
        })
        .collect()
});

/// The language (ISO 639-1) in which a text begins like a refusal; `None` when it does not.
pub(super) fn refusing_language(text: &str) -> Option<&'static str> {
    let beginning: String = text
        .trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '*' | '>' | '“' | '„' | '«' | '#' | '¿' | '¡' | '「')
        })
        .chars()
        .take(LOOKED_AT)
        .map(|c| if matches!(c, '\u{2019}' | '\u{2bc}' | '`') { '\'' } else { c })
        .collect::<String>()
        .to_lowercase();
    if ENGLISH.as_ref().is_some_and(|pattern| pattern.is_match(&beginning)) {
        return Some("en");
    }
    READY.iter().find(|(_, pattern)| pattern.is_match(&beginning)).map(|(language, _)| *language)
}

/// Keys of a JSON reply that say that it is a refusal.
const MARKS: &[&str] = &["refusal", "refused", "isrefusal", "refuse", "declined"];
/// Keys of a JSON reply under which the answer stands.
const ANSWERS: &[&str] = &[
    "answer",
    "response",
    "reply",
    "message",
    "text",
    "content",
    "output",
    "result",
    "error",
    "reason",
    "explanation",
    "finalanswer",
    "comment",
    "note",
    "summary",
];

/// What a reply in JSON says of a refusal: the key that does.
///
/// A mark (`refusal`, `refused`) decides when it is `true` or a text, and denies when it is `false`. Otherwise an answer
/// that begins like a refusal is one.
pub(super) fn refusing_json(text: &str) -> Option<String> {
    let Value::Object(object) = unfenced(text).and_then(|json| serde_json::from_str(json).ok())? else { return None };
    let letters =
        |key: &str| key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect::<String>();
    let mark = object.iter().find(|(key, _)| MARKS.contains(&letters(key).as_str()));
    match mark {
        Some((_, Value::Bool(false))) => return None,
        Some((key, Value::Bool(true))) => return Some(key.clone()),
        Some((key, Value::String(words))) if !words.trim().is_empty() => return Some(key.clone()),
        _ => {}
    }
    object
        .iter()
        .filter(|(key, _)| ANSWERS.contains(&letters(key).as_str()))
        .find(|(_, value)| value.as_str().is_some_and(|text| refusing_language(text).is_some()))
        .map(|(key, _)| key.clone())
}

/// The JSON object that the text is, in a code fence or bare.
fn unfenced(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = match text.strip_prefix("```") {
        Some(fenced) => fenced.split_once('\n')?.1.strip_suffix("```")?.trim(),
        None => text,
    };
    (inner.starts_with('{') && inner.ends_with('}')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_expressions_compile() {
        assert!(ENGLISH.is_some());
        assert_eq!(READY.len(), LANGUAGES.len());
    }

    #[test]
    fn the_corpus_is_told_by_its_languages() {
        let lines = |name: &str| {
            let path = format!("{}/fixtures/safety/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).expect("a corpus");
            let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            rows
        };
        let mut wrong = Vec::new();
        let refusals = lines("refusals");
        let mut languages = std::collections::BTreeSet::new();
        for row in &refusals {
            let (language, text) = (row["language"].as_str(), row["text"].as_str().expect("a text"));
            languages.insert(language);
            if refusing_language(text) != language {
                wrong.push(format!("{language:?} {text}: {:?}", refusing_language(text)));
            }
        }
        let answers = lines("answers");
        for row in &answers {
            let text = row["text"].as_str().expect("a text");
            if let Some(language) = refusing_language(text) {
                wrong.push(format!("answer taken for {language}: {text}"));
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert_eq!((refusals.len(), languages.len(), answers.len()), (84, 28, 91));
    }

    #[test]
    fn replies_in_json_are_read() {
        for (text, key) in [
            (r#"{"refusal": "I can't help with that."}"#, Some("refusal")),
            (r#"{"refused": true, "answer": null}"#, Some("refused")),
            (r#"{"answer": "I'm sorry, but I can't assist with that.", "sources": []}"#, Some("answer")),
            ("```json\n{\"error\": \"Lo siento, no puedo ayudarte con eso.\"}\n```", Some("error")),
            (r#"{"refused": false, "answer": "I can't help with that."}"#, None),
            (r#"{"refusal": null, "answer": "Yes."}"#, None),
            (r#"{"refusal": "", "answer": "Yes."}"#, None),
            (r#"{"quote": "I can't help with that."}"#, None),
            (r#"[{"refused": true}]"#, None),
            (r#"{"refused": true"#, None),
            ("", None),
        ] {
            assert_eq!(refusing_json(text).as_deref(), key, "{text}");
        }
    }
}
