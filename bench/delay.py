"""A proxy that makes a server as far away as asked: every byte is held for half the round trip on each way, a new
connection costs one round trip more. Bandwidth, loss and slow start are not imitated.

`delay.py HOST:PORT RTT_MS` prints the port that it listens on, and ends with its standard input."""

import asyncio, sys

place, milliseconds = sys.argv[1], float(sys.argv[2])
host, port = place.rsplit(":", 1)
half = milliseconds / 2000


async def carry(reader, writer, ready):
    """Passes on what is read, half a round trip after it came. `ready`: nothing travels before this time."""
    loop, held = asyncio.get_running_loop(), asyncio.Queue()

    async def late():
        while True:
            due, piece = await held.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()

    writing = asyncio.create_task(late())
    try:
        while True:
            piece = await reader.read(1 << 18)
            held.put_nowait((max(loop.time(), ready) + half, piece))
            if not piece:
                break
        await writing
        writer.write_eof()
    except OSError:
        pass
    finally:
        writing.cancel()


async def connected(reader, writer):
    ready = asyncio.get_running_loop().time() + 2 * half
    try:
        there, here = await asyncio.open_connection(host, int(port))
        await asyncio.gather(carry(reader, here, ready), carry(there, writer, 0))
        here.close()
    # The second is how the end of this program arrives.
    except (OSError, asyncio.CancelledError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
