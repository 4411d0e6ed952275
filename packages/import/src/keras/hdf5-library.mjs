// Loads the library before the loader for TypeScript is there, which would read through its 4 MB.
import 'h5wasm/node';
