"""Why something did not arrive, in words of people who can do something about it."""

GENERAL = "届け先のチャットが受け取りませんでした。電話などで伝えてください"
NO_ACCOUNT = "届け先のアカウントが見つかりません。名簿を直してください"
NO_ROOM = "届け先の部屋が見つかりません。名簿を直してください"
NO_ANSWER = "届け先のチャットが答えません。電話などで伝えてください"
NOT_ALLOWED = "デスクがチャットに入れません。運用の係へ知らせてください"
TOO_LONG = "長すぎて送れませんでした。短くして、もう一度送ってください"
REASONS = {
    "user_not_found": NO_ACCOUNT,
    "users_not_found": NO_ACCOUNT,
    "team_not_found": NO_ACCOUNT,
    "user_disabled": "届け先のアカウントは、もう使われていません。名簿を直してください",
    "cannot_dm_bot": "届け先がボットのアカウントです。名簿を直してください",
    "messages_tab_disabled": "届け先の人が、デスクからのメッセージを受け取れない設定です",
    "not_in_channel": "部屋にデスクが入っていません。部屋に招いてください",
    "channel_not_found": NO_ROOM,
    "is_archived": "部屋がアーカイブされています。元に戻してください",
    "public_room": "部屋が公開されています。非公開の部屋にしてください",
    "shared_with_others": "部屋がほかの組織と共有されています。共有をやめてください",
    "restricted_action": "ワークスペースの決まりで、そこには送れません",
    "msg_too_long": TOO_LONG,
    "msg_blocks_too_long": TOO_LONG,
    "invalid_auth": NOT_ALLOWED,
    "not_authed": NOT_ALLOWED,
    "account_inactive": NOT_ALLOWED,
    "token_revoked": NOT_ALLOWED,
    "token_expired": NOT_ALLOWED,
    "missing_scope": NOT_ALLOWED,
    "ratelimited": "チャットが混みあっていて送れませんでした",
    "no connection": NO_ANSWER,
    "request_timeout": NO_ANSWER,
    "service_unavailable": NO_ANSWER,
    "internal_error": NO_ANSWER,
    "TimeoutError": NO_ANSWER,
    "URLError": NO_ANSWER,
    "left_domain": "届け先の方が、LoGoチャットの組織にもういません。名簿を直してください",
    "not_in_talk": "部屋にデスクが入っていません。部屋に招いてください",
    "no_such_address": NO_ACCOUNT,
    "strange_channel": NO_ACCOUNT,
    "invalid talk_id": "届け先のトークルームが見つかりません。名簿を直してください",
}
"""By the word that a platform's SendError says; what is not here is told in general, and the log has the word."""


def why_not(reason: str) -> str:
    """`reason`: the ledger's word for it, as the platform said it; never shown as it is."""
    return REASONS.get(reason, GENERAL)
