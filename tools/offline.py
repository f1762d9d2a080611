"""Run in each notebook's kernel before its first cell: no cell may use the network."""


def _shut_off_the_network():
    import socket

    connect = socket.socket.connect

    def guarded(self, address):
        local = self.family == getattr(socket, "AF_UNIX", None) or str(address[0]) in ("127.0.0.1", "localhost", "::1")
        if not local:
            raise OSError(f"a notebook must run without the network, and this one wants {address}")
        return connect(self, address)

    socket.socket.connect = guarded


_shut_off_the_network()
del _shut_off_the_network
