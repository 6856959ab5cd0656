#!/usr/bin/env node
// The command line on WebAssembly: the same program as the native `verdict`.
import { runCommandLine } from '../runtime/command_line.js';

await runCommandLine(process.argv.slice(2));
