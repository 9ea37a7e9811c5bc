"""The REST API under `/api/v1`: thin routes over the store, the desk and the engine. No HTML."""
