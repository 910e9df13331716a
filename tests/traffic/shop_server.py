"""A small server that a replay asks: `python shop_server.py [--uds PATH | --port PORT] [FLAW …]`.

Its answers have ids, times, orders of keys and of lists that differ each time. Flaws are what a bad candidate does:
status, field, type, missing, text, slow, ends, redirect, sometimes, echo; `50ms` is how long it thinks about an item.
"""

import argparse
import asyncio
import json
import os
import random
import uuid

from aiohttp import web


def made(*flaws: str) -> web.Application:
    thinks = sum(int(flaw[:-2]) for flaw in flaws if flaw.endswith("ms")) / 1000

    async def item(request: web.Request) -> web.StreamResponse:
        number = request.match_info["id"]
        if "status" in flaws and number == "3":
            return web.json_response({"error": "none"}, status=500)
        if "sometimes" in flaws and number == "4" and random.random() < 0.5:
            return web.json_response({"error": "none"}, status=503)
        price = 11 if "field" in flaws and number == "5" else 10
        body = {
            "id": number,
            "trace": uuid.uuid4().hex,
            "tags": random.sample(["a", "b", "c", "d", "e", "f"], 6),
            "price": float(price) if "type" in flaws else price,
            "paid": 1 if "type" in flaws else True,
            "shop": {"name": "Ada's", "at": random.random()},
        }
        if "missing" in flaws:
            del body["shop"]
        keys = list(body)
        random.shuffle(keys)
        await asyncio.sleep(0.02 if "slow" in flaws else thinks)
        return web.json_response({key: body[key] for key in keys})

    async def page(_: web.Request) -> web.StreamResponse:
        if "ends" in flaws:
            os._exit(7)
        word = "Bye" if "text" in flaws else "Hello"
        return web.Response(text=f"<p>{word}, it is {random.random()}</p>\x1b[2J", content_type="text/html")

    async def old(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere" if "redirect" in flaws else "/page")

    async def echo(request: web.Request) -> web.StreamResponse:
        headers = sorted((name.lower(), value) for name, value in request.headers.items())
        body = await request.text()
        if "echo" in flaws:
            headers = [(name, f"{value}!") for name, value in headers]
        return web.json_response(
            {
                "method": request.method,
                "target": request.path_qs,
                "raw": request.raw_path,
                "headers": headers,
                "body": body,
            }
        )

    app = web.Application()
    app.router.add_get("/items/{id}", item)
    app.router.add_get("/page", page)
    app.router.add_get("/old", old)
    app.router.add_route("*", "/echo{rest:.*}", echo)
    return app


async def serve(place: argparse.Namespace) -> None:
    runner = web.AppRunner(made(*place.flaws))
    await runner.setup()
    site: web.BaseSite
    if place.uds:
        site = web.UnixSite(runner, place.uds)
    else:
        site = web.TCPSite(runner, "127.0.0.1", place.port)
    await site.start()
    print(json.dumps({"listening": True}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--uds")
    parser.add_argument("--port", type=int)
    parser.add_argument("flaws", nargs="*")
    asyncio.run(serve(parser.parse_args()))
