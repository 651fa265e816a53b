# make image, or: docker build -t neural-playground .
# docker run --rm -p 8000:8000 neural-playground      draws a join code and writes it into its log
# docker run --rm -p 8000:8000 -e PLAYGROUND_JOIN_CODE neural-playground      takes the code from that variable
# docker run --rm -p 127.0.0.1:8000:8000 neural-playground neural-playground --host 0.0.0.0 --insecure

# docker build --build-arg BASE_IMAGE=…: another base with a `python` that has venv, or this one pinned by its digest
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# What builds the package stays out of the environment that runs it.
RUN python -m venv /opt/neural-playground && python -m venv /opt/build
# The dependencies first: they change less often than the code, and this layer is kept until they do. All are exact
# versions with hashes: pip takes no other file.
COPY requirements /src/requirements
# docker build --build-arg EXTRAS=dask: with what --compute dask://… needs
ARG EXTRAS=""
RUN /opt/neural-playground/bin/python -m pip install -r "/src/requirements/${EXTRAS:-run}.txt" \
    && /opt/build/bin/python -m pip install -r /src/requirements/build.txt
COPY . /src
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels /src \
    && /opt/neural-playground/bin/python -m pip install --no-deps /wheels/*.whl \
    && /opt/neural-playground/bin/python -m pip uninstall --yes pip

FROM ${BASE_IMAGE}
# Group 0, as a user that the image does not know is in it (docker run --user 12345, OpenShift).
RUN useradd --system --uid 10001 --home-dir /state playground \
    && install --directory --owner=playground --group=root --mode=0770 /state
COPY --from=build /opt/neural-playground /opt/neural-playground
ENV PATH=/opt/neural-playground/bin:$PATH PYTHONUNBUFFERED=1 \
    PLAYGROUND_STATE_FOLDER=/state PLAYGROUND_ADDRESS_FILE=/tmp/neural-playground.address
USER playground
EXPOSE 8000
STOPSIGNAL SIGTERM
# No --start-interval, which Docker before 25, podman and buildah do not know.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["neural-playground", "health"]
CMD ["neural-playground", "--host", "0.0.0.0", "--join-code"]
