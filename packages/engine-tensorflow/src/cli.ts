#!/usr/bin/env node
import { main } from './library/main';

process.exitCode = await main(process.argv.slice(2));
