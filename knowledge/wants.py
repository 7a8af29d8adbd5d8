"""What kinds of value a question wants, and by which signs an entry holds them."""

import re

OTHER_PREFECTURES = re.compile(
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県"
    "|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|奈良県|和歌山県|鳥取県|島根県|岡山県"
    "|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
ASKED = {
    "date": re.compile(
        r"いつ|何月|何日|締切|締め切り|しめきり|〆切|期限|公募期間|募集期間|日程|日時|開催日|スケジュール"
    ),
    "money": re.compile(r"いくら|幾ら|なんぼ|何円|金額|料金|利用料|費用|値段|補助率|上限額|単価"),
    "phone": re.compile(r"電話番号|内線|何番|携帯|メールアドレス|メアド|めあど|アドレス教"),
    "count": re.compile(r"いくつ|何(市町|団体|人|名|件|回|社|台|箇所|か所|ヶ所|業務|割|%)"),
    "task": re.compile(
        r"(書い|作っ|作成し|要約し|翻訳し|計算し|直し|考え|調べ)て(ください|下さい|くれ|ほしい|欲しい|もらえ|よ|$)"
    ),
}
"""The kinds of value a question can want. No entry holds a task: what it asks for has to be made, not found."""
HELD = {
    "date": re.compile(r"\d+\s*[年月日]|[0-9]/[0-9]|年度|随時|通年|未定|上旬|中旬|下旬|月頃|\d時"),
    "money": re.compile(
        r"円|無料|無償|有料|負担|[0-9]\s*%|[0-9]割|分の[0-9]|[0-9]/[0-9]|料金|利用料"
    ),
    "phone": re.compile(r"\d{2,4}-\d{2,4}-\d{3,4}|@"),
    "count": re.compile(r"[0-9]|[一二三四五六七八九十]つ|全(市町|団体)"),
}
