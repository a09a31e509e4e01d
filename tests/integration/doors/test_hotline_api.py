"""The hotline's door against its own description: every operation of openapi.yaml is asked in right and wrong ways, and each
answer must be one that the description names, in the form that it gives."""
import json
import os
import pathlib
import random

import jsonschema
import pytest
import yaml
from hotline import Hotline

API = yaml.safe_load(pathlib.Path(os.environ["HX_SOURCE"], "workers/hotline/openapi.yaml").read_text())
OPERATIONS = [(path, method, op) for path, methods in API["paths"].items() for method, op in methods.items()]
CASES = ["CL-1", "1", "ref:WO-1", "CL-999999", "ref:%E7%BA%A2", "CL-0", "nonsense", "CL-1-1-1", "%20"]
JUNK = [None, True, -1, 1.5, 10**30, "", " ", "x" * 5000, "‮\U0001f525", "a\tb", [], {}, [[]], {"a": 1}]


def resolve(node):
    """The node without references."""
    if isinstance(node, list):
        return [resolve(n) for n in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = API
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolve({**target, **{k: v for k, v in node.items() if k != "$ref"}})
    return {k: resolve(v) for k, v in node.items()}


def example(schema):
    """A value that the schema allows."""
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {k: example(v) for k, v in schema.get("properties", {}).items() if k in schema.get("required", [])}
    if kind == "array":
        return [example(schema["items"]) for _ in range(schema.get("minItems", 0))]
    if schema.get("format") == "date-time":
        return "2026-10-12T19:00:00+08:00"
    return {"string": "x", "integer": schema.get("minimum", 0), "number": 121.5, "boolean": True}[kind]


def bodies(schema, chance):
    """Right and wrong bodies."""
    right = example(schema)
    yield right
    properties = schema.get("properties", {})
    full = {**{k: example(v) for k, v in properties.items()}, **right}
    yield full
    for k in properties:
        yield {**right, k: example(properties[k])}
        yield {**right, k: chance.choice(JUNK)}
        yield {k2: v for k2, v in full.items() if k2 != k}
    yield {**right, "unknown": 1}
    yield from ([], 7, "text", None)


def judge(op, answer, what):
    responses = op["responses"]
    response = resolve(responses.get(str(answer.status)) or responses.get("default") or {})
    assert response, f"{what}: {answer.status} is not described: {answer}"
    if answer.status < 400:
        assert str(answer.status) in responses, f"{what}: {answer}"
    content = response.get("content", {})
    kind = answer.headers.get("Content-Type", "").split(";")[0]
    assert kind in content, f"{what}: {answer.status} as {kind}"
    if kind.endswith("json") and "schema" in content[kind]:
        jsonschema.validate(json.loads(answer.body), content[kind]["schema"], jsonschema.Draft202012Validator)
    assert answer.status < 500, f"{what}: {answer}"


@pytest.fixture
def door(daemon, tmp_path):
    d = Hotline(tmp_path, daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"],
                "limits: {requests_per_second: 100000, burst: 100000, failures_per_minute: 1000}\n").start()
    yield d
    d.end()


def paths(path):
    return [path.replace("{case}", c) for c in CASES] if "{case}" in path else [path]


def test_every_operation_answers_as_described(door):
    chance = random.Random(54321)
    door.post("/v1/complaints", {"class": "SMALL", "place": "B-0417", "ref": "WO-1"})
    for path, method, op in OPERATIONS:
        schema = resolve(op.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}))
        for n, where in enumerate(paths(path)):
            for i, body in enumerate(bodies(schema, chance) if schema and n < 3 else [{}] if method == "post" else [None]):
                key = None if i % 7 == 3 else f"{op['operationId']}-{n}-{i}"
                answer = door.request(method.upper(), where, body, key=key)
                judge(op, answer, f"{method} {where} {json.dumps(body, ensure_ascii=False)[:300]}")


def test_queries_answer_as_described(door):
    op = API["paths"]["/v1/complaints"]["get"]
    for p in map(resolve, op["parameters"]):
        for value in ("", "0", "-1", "500", "501", "true", "x", "30min", "%C3%A9", "a%09b", "9" * 30):
            judge(op, door.get(f"/v1/complaints?{p['name']}={value}"), f"{p['name']}={value}")


def test_what_is_not_described_is_not_there(door):
    for path in API["paths"]:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            if method.lower() not in API["paths"][path]:
                answer = door.request(method, path.replace("{case}", "CL-1"), {} if method != "GET" else None)
                assert (answer.status, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED"), (method, path, answer)
                assert answer.headers["Allow"]
    assert door.get("/v1/nothing").status == 404 and door.get("/").status == 404


def test_whoever_is_unknown_gets_nothing_described_as_protected(door):
    for path, method, op in OPERATIONS:
        answer = door.request(method.upper(), path.replace("{case}", "CL-1"), {} if method == "post" else None, token=None)
        assert (answer.status == 401) == (op.get("security") != []), (method, path, answer)


def test_the_door_serves_its_description(door):
    assert yaml.safe_load(door.get("/v1/openapi.yaml", token=None).body) == API
