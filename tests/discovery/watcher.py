"""Prints what zeroconf's own browser hears of servers, a line each, until it is ended."""

import threading

from zeroconf import ServiceBrowser, Zeroconf

from discovery.record import SERVICE
from tests.discovery.segment import THERE


class Listener:
    def add_service(self, zeroconf, kind, name):
        print("+", name.removesuffix(f".{SERVICE}"), flush=True)

    def remove_service(self, zeroconf, kind, name):
        print("-", name.removesuffix(f".{SERVICE}"), flush=True)

    def update_service(self, zeroconf, kind, name):
        print("=", name.removesuffix(f".{SERVICE}"), flush=True)


if __name__ == "__main__":
    ServiceBrowser(Zeroconf(interfaces=[THERE]), SERVICE, Listener())
    print("watching", flush=True)
    threading.Event().wait()
