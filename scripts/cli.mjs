// The command line, from source: run by the other scripts with the TypeScript loader.
import '@overparam/runner/cli';
