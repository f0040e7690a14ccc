"""How many requests a second /api/search answers: real HTTP, different queries, nothing cached.

    python benchmarks/app_search.py --seconds 20

Server and clients share the machine. Prints JSON.
"""

import argparse
import http.client
import json
import multiprocessing
import threading
import time
from urllib.parse import quote, urlsplit

from app_server import clauses, serving


def client(address: str, queries: list[str], seconds: float, times: list[float]) -> None:
    """One connection that asks until the time is up; notes how long each answer took."""
    connection = http.client.HTTPConnection(address)
    end = time.perf_counter() + seconds
    for query in queries:
        start = time.perf_counter()
        if start > end:
            return
        connection.request("GET", f"/api/search?q={quote(query)}")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        times.append(time.perf_counter() - start)
    raise AssertionError("ran out of queries: give fewer --seconds")


def clients(
    address: str,
    queries: list[str],
    seconds: float,
    connections: int,
    result: "multiprocessing.Queue[list[float]]",
) -> None:
    """Several connections in one process."""
    times: list[float] = []
    share = [queries[number::connections] for number in range(connections)]
    threads = [
        threading.Thread(target=client, args=(address, own, seconds, times)) for own in share
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.put(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--connections", type=int, default=4)
    arguments = parser.parse_args()
    queries = clauses(1 << 20)
    # More requests than clauses: pairs of them are new queries again.
    queries += [
        f"{one} {other}"
        for step in range(1, 9)
        for one, other in zip(queries, queries[step:], strict=False)
    ]
    with serving("none") as server:
        address = urlsplit(server.url).netloc
        result: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
        process = multiprocessing.Process(
            target=clients,
            args=(address, queries, arguments.seconds, arguments.connections, result),
        )
        start = time.perf_counter()
        process.start()
        times = sorted(result.get())
        took = time.perf_counter() - start
        process.join()
    print(
        json.dumps(
            {
                "requests": len(times),
                "seconds": round(took, 1),
                "requests_per_second": round(len(times) / took),
                "median_ms": round(1000 * times[len(times) // 2], 2),
                "p95_ms": round(1000 * times[int(len(times) * 0.95)], 2),
                "connections": arguments.connections,
                "different_queries": len(queries),
            }
        )
    )


if __name__ == "__main__":
    main()
