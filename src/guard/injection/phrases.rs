//! Wording and markup of prompt injections, in one table.
//!
//! Texts are compared in small letters, with invisible characters left out and white space as single spaces.

use super::find::InjectionKind::{self, Delimiter, Exfiltration, Override, Persona, Reveal, RoleTag};

/// Up to four words between a verb and its object.
const GAP: &str = r"(?:[\p{L}\p{M}'’-]+ ){0,4}?";

/// Each kind with a regular expression; `~` stands for [`GAP`].
pub(super) const PHRASES: &[(InjectionKind, &str)] = &[
    // English
    (
        Override,
        r"(?:ignore|disregard|forget|override|bypass|discard) ~(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|system|former|your|all|any|these|those) (?:[\p{L}'’-]+ ){0,3}?(?:instructions?|prompts?|rules|directions?|guidelines|commands|orders|programming|directives?)",
    ),
    (
        Override,
        r"(?:ignore|disregard|forget) (?:everything|all|anything) (?:above|before|you were told|you have been told|i said|written above)",
    ),
    (
        Override,
        r"(?:your|these) (?:new|real|actual|true|updated) (?:instructions?|task|orders|system prompt) (?:are|is)\b",
    ),
    (Override, r"\b(?:new|updated) (?:system )?instructions?: "),
    (
        Override,
        r"you (?:must|will) (?:now )?(?:only )?(?:obey|follow) (?:only )?(?:me|my (?:instructions|orders|commands)|the following instructions instead)",
    ),
    // German, Dutch, Swedish, Danish and Norwegian
    (
        Override,
        r"(?:ignorier\w*|vergiss|vergessen sie|missacht\w*|übergeh\w*) ~(?:anweisung\w*|instruktion\w*|vorgaben|befehle|prompts?|regeln)",
    ),
    (Override, r"(?:negeer|vergeet) ~(?:instructies|regels|aanwijzingen|opdrachten|prompts?)"),
    (
        Override,
        r"(?:ignorera|glöm|bortse från|ignorer|glem|se bort fra) ~(?:instruktion\w*|anvisning\w*|instruks\w*|regler\w*|instrukser)",
    ),
    // French, Spanish, Portuguese, Italian and Romanian
    (
        Override,
        r"(?:ignore[rz]?|oublie[rz]?|ne (?:tiens|tenez) pas compte) ~(?:instructions|consignes|règles|directives|ordres)(?: ~(?:précédent\w*|antérieur\w*|ci-dessus|initiales|système|données|reçues))?",
    ),
    (
        Override,
        r"(?:ignor[ae]n?|olvid[ae]n?|haz caso omiso|haga caso omiso|no sigas) ~(?:instrucciones|indicaciones|reglas|órdenes|directrices)",
    ),
    (
        Override,
        r"(?:ignore|ignora|esqueça|esquece|desconsidere|desconsidera) ~(?:instruções|regras|ordens|orientações|diretrizes)",
    ),
    (
        Override,
        r"(?:ignora|ignorate|ignori|dimentica|dimenticate|trascura) ~(?:istruzioni|regole|indicazioni|ordini|direttive)",
    ),
    (Override, r"(?:ignoră|ignorați|uită|uitați) ~(?:instrucțiuni\w*|reguli\w*|indicații\w*)"),
    // Polish, Czech, Russian and Ukrainian
    (Override, r"(?:zignoruj|ignoruj|zapomnij o|pomiń) ~(?:instrukcj\w+|poleceni\w+|zasad\w*|wytyczn\w+)"),
    (Override, r"(?:ignoruj|ignorujte|zapomeň na|zapomeňte na) ~(?:pokyn\w*|instrukc\w*|pravidl\w*|příkaz\w*)"),
    (
        Override,
        r"(?:игнорируй\w*|проигнорируй\w*|забудь\w*|не следуй\w*) ~(?:инструкци\w+|указани\w+|правила?|команд\w*)",
    ),
    (Override, r"(?:ігноруй\w*|проігноруй\w*|забудь\w*) ~(?:інструкці\w+|вказівк\w+|правила?|команд\w*)"),
    // Turkish, Arabic, Hindi, Indonesian and Vietnamese
    (
        Override,
        r"(?:önceki|yukarıdaki|tüm|bütün) ~(?:talimat\w*|kural\w*|komut\w*|yönerge\w*) ~(?:yok say|unut|görmezden gel|dikkate alma|göz ardı et)",
    ),
    (Override, r"(?:تجاهل|تجاهلي|انس|انسَ) ~(?:التعليمات|تعليماتك|الأوامر|القواعد|الإرشادات|تعليمات)"),
    (
        Override,
        r"(?:पिछले|पिछली|पहले के|सभी|ऊपर के|ऊपर दिए) ?~(?:निर्देश\w*|निर्देशों|नियमों|आदेशों) ~(?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल|अनदेखी)",
    ),
    (Override, r"(?:abaikan|lupakan) ~(?:instruksi|perintah|aturan|petunjuk)"),
    (Override, r"(?:bỏ qua|quên) ~(?:hướng dẫn|chỉ dẫn|lệnh|quy tắc)"),
    // Chinese, Japanese and Korean
    (Override, r"(?:忽略|無視|无视|忘记|忘記|忘掉|不要理会|不要遵守).{0,10}(?:指令|指示|提示词|规则|規則|说明|提示)"),
    (
        Override,
        r"(?:これまで|以前|上記|前述|先ほど|今まで|すべて|全て).{0,8}(?:指示|命令|ルール|プロンプト|指令).{0,4}(?:無視|忘れ)",
    ),
    (Override, r"(?:이전|위의|앞의|기존|모든).{0,8}(?:지시|명령|지침|규칙|프롬프트).{0,6}(?:무시|잊)"),
    // Tags of chat templates and made-up system messages.
    (
        RoleTag,
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|begin_of_text|end_of_text|start_header_id|end_header_id|eot_id|eom_id|channel|start|message)\|>",
    ),
    (RoleTag, r"\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>|<｜(?:begin|end|user|assistant)[^>]{0,24}｜>"),
    (RoleTag, r"</?(?:system|system_prompt|system-prompt|systemprompt|system_message|developer_message|sys_prompt)>"),
    (
        RoleTag,
        r"(?:^|[\n.>\])] ?)(?:#{1,6} ?|\*\* ?|\[ ?)?(?:system|developer|admin(?:istrator)?) ?(?:prompt|message|override|instructions?|command|directive)(?: ?\]| ?\*\*)? ?: ",
    ),
    (
        RoleTag,
        r"\[ ?(?:system|developer|admin) ?\] ?:?|#{2,6} ?(?:system|developer) ?:|\bsystem ?: ?(?:you (?:are|must|will)|ignore|from now on|disregard|new )",
    ),
    // Ends and beginnings of what the model was given.
    (
        Delimiter,
        r"(?:-{3,}|={3,}|#{3,}|\*{3,}|\[|<|\x22{3}) ?/?(?:begin|start|end)(?:ing)?[ _-](?:of[ _-])?(?:the )?(?:system|user|new|assistant|admin|untrusted|retrieved)?[ _-]?(?:prompt|instructions?|context|input|conversation|query)\b",
    ),
    // Another self.
    (
        Persona,
        r"(?:you are now|from now on,? you(?: are|'re| will be)|act as|pretend (?:to be|you are)|you will (?:act|behave) as) (?:[\p{L}'’-]+ ){0,3}?(?:dan\b|do anything now|unrestricted|unfiltered|uncensored|jailbroken|evil|amoral|without (?:any )?(?:rules|restrictions|limits|filters))",
    ),
    (
        Persona,
        r"\bdo anything now\b|(?:developer|debug|god|jailbreak|sudo|root|dan) mode (?:is )?(?:now )?(?:enabled|activated|on\b|engaged)",
    ),
    (Persona, r"(?:enter|enable|activate|switch to) (?:developer|god|jailbreak|dan|unrestricted) mode"),
    (
        Persona,
        r"(?:respond|answer|reply|speak|act) ~without (?:any )?(?:ethical|moral|safety|content) (?:guidelines|constraints|restrictions|filters|limits|rules)",
    ),
    // What the model was told.
    (
        Reveal,
        r"(?:reveal|print|repeat|output|leak|recite|disclose|dump|show me|tell me|give me|write out|what (?:is|are|were)) ~(?:your|the) (?:[\p{L}'’-]+ ){0,2}?(?:system|initial|hidden|original|secret|developer|pre-?) ?(?:prompt|instructions)\b",
    ),
    (Reveal, r"repeat (?:everything|all|the (?:words|text)) (?:\w+ )?(?:above|before this)"),
    (
        Reveal,
        r"(?:zeig\w*|nenn\w*|gib|verrat\w*|wiederhol\w*) ~(?:system-?prompt\w*|systemanweisung\w*|systemnachricht)",
    ),
    (
        Reveal,
        r"(?:affiche\w*|révèle\w*|montre\w*|répète\w*|donne\w*) ~(?:prompt|invite|instructions|consignes) (?:système|initiale?s?|cachées?)",
    ),
    (
        Reveal,
        r"(?:muestra\w*|revela\w*|repite|imprime|dime) ~(?:prompt|instrucciones|mensaje) (?:del sistema|de sistema|iniciale?s?|ocultas)",
    ),
    (Reveal, r"(?:mostre|revele|repita|imprima) ~(?:prompt|instruções) (?:do sistema|de sistema|iniciais|ocultas)"),
    (
        Reveal,
        r"(?:显示|输出|重复|告诉我|透露).{0,8}(?:系统提示|系统指令|初始指令|提示词)|システムプロンプト.{0,4}(?:表示|教え|出力|見せ)|시스템 ?프롬프트.{0,4}(?:보여|알려|출력)",
    ),
    (Reveal, r"(?:покажи\w*|выведи\w*|раскрой\w*|повтори\w*) ~(?:системн\w+) (?:промпт\w*|инструкци\w*|сообщени\w*)"),
    // Ways out for what the model knows.
    (Exfiltration, r"!\[[^\]\n]{0,200}\]\( ?<?https?://[^)\s]{0,400}(?:\{|%7b|\$\{|<|\[)[^)]{0,200}\)"),
    (
        Exfiltration,
        r"(?:send|post|forward|upload|e-?mail|transmit|exfiltrate|append|leak) ~(?:conversation|chat history|history|system prompt|api keys?|passwords?|credentials|secrets|tokens|user data|personal data|messages|contents?) (?:[\p{L}'’-]+ ){0,4}?(?:to|at|into|via) (?:[\p{L}'’-]+ ){0,3}?(?:https?://|www\.|[\w.+-]+@[\w-]+\.)",
    ),
];

/// The expression of a phrase, with its gaps.
pub(super) fn expression(phrase: &str) -> String {
    phrase.replace('~', GAP)
}
