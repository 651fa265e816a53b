# docker build -t neural-playground .
# docker run --rm -p 8000:8000 neural-playground      draws a join code and writes it into its log
# docker run --rm -p 8000:8000 -e PLAYGROUND_JOIN_CODE=246810 neural-playground
# docker run --rm -p 127.0.0.1:8000:8000 neural-playground neural-playground --host 0.0.0.0 --insecure

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/neural-playground
# The dependencies first: they change less often than the code, and this layer is kept until they do.
COPY requirements/run.txt /src/requirements/run.txt
RUN /opt/neural-playground/bin/python -m pip install -r /src/requirements/run.txt
COPY . /src
# docker build --build-arg EXTRAS=dask: with what --compute dask://… needs
ARG EXTRAS=""
RUN python -m pip wheel --no-deps --wheel-dir /wheels /src \
    && /opt/neural-playground/bin/python -m pip install --no-deps /wheels/*.whl \
    && if [ -n "$EXTRAS" ]; then /opt/neural-playground/bin/python -m pip install "$(echo /wheels/*.whl)[$EXTRAS]"; fi \
    && /opt/neural-playground/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 playground && install --directory --owner=playground --mode=0700 /state
COPY --from=build /opt/neural-playground /opt/neural-playground
ENV PATH=/opt/neural-playground/bin:$PATH PYTHONUNBUFFERED=1
USER playground
WORKDIR /home/playground
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4).close()"]
CMD ["neural-playground", "--host", "0.0.0.0", "--join-code"]
