"""What people get wrong in a proxy: changes to the recipe of nginx, by what they leave out or put in."""

_HOST = "proxy_set_header Host $http_host;"
_HTTP = "proxy_http_version 1.1;"
_UPGRADE = "proxy_set_header Upgrade $http_upgrade;"
_CONNECTION = "proxy_set_header Connection $upgrade_or_not;"
_SCHEME = "proxy_set_header X-Forwarded-Proto $scheme;"

NO_HOST = {_HOST: ""}
"""nginx then puts the address behind proxy_pass there."""

HOST_WITHOUT_PORT = {_HOST: "proxy_set_header Host $host;"}
"""As most examples have it; right only at the usual ports."""

HOST_OF_UPSTREAM = {
    "    server {\n": "    upstream backend-of-the-playground { server 127.0.0.1:8000; }\n    server {\n",
    "proxy_pass http://127.0.0.1:8000": "proxy_pass http://backend-of-the-playground",
    _HOST: "",
}
"""Likewise, with the name of an upstream."""

NO_UPGRADE = {_HTTP: "", _UPGRADE: "", _CONNECTION: ""}
"""As in front of anything without WebSockets."""

NO_CONNECTION = {_CONNECTION: ""}
NO_UPGRADE_HEADER = {_UPGRADE: ""}

NO_SCHEME = {_SCHEME: ""}

NO_SOCKET = {"        location / {\n": "        location = /ws { return 404; }\n        location / {\n"}
"""The address of the WebSocket is answered by the proxy itself."""
