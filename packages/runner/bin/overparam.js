#!/usr/bin/env node
// A file that is there before the package is built, for package managers to link to.
import '../dist/cli.js';
