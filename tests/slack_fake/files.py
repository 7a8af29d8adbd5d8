"""files.*: uploads in three steps."""

from tests.slack_fake.call import Call
from tests.slack_fake.people import Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


def upload_url(slack: Workspace, call: Call) -> Json:
    if not call.get("filename") or call.number("length", 0) < 1:
        raise RefusedError("invalid_arguments", "filename and length")
    file_id = f"F{slack.next_id():07d}"
    slack.files[file_id] = {"name": call.get("filename"), "length": call.number("length", 0)}
    return {"upload_url": f"{slack.url}/upload/{file_id}", "file_id": file_id}


def complete_upload(slack: Workspace, call: Call) -> Json:
    done = []
    for file in call.get("files") or []:
        if "bytes" not in slack.files.get(file.get("id"), {}):
            raise RefusedError("file_not_found")
        done.append({"id": file["id"], "title": file.get("title", "")})
    if call.get("channel_id"):
        channel = slack.own_channel(call.get("channel_id"))
        thread = {"thread_ts": call.get("thread_ts")} if call.get("thread_ts") else {}
        text = call.get("initial_comment") or ""
        slack.post(channel, {"text": text, "files": done, "subtype": "file_share", **thread})
    return {"files": done}


def info(slack: Workspace, call: Call) -> Json:
    file = slack.files.get(str(call.get("file")))
    if file is None:
        raise RefusedError("file_not_found")
    size = file.get("length", file.get("size"))
    return {"file": {"id": call.get("file"), "name": file["name"], "size": size}}
