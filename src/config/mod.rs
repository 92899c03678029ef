//! Settings: `karat.yaml`, `.env`, environments, and which source won.
