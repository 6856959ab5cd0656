#!/usr/bin/env node
// The command line on WebAssembly: the same program as the native `verdict`.
import { importCommandLine } from '../runtime/command_line.js';

const create = await importCommandLine();
await create({ arguments: process.argv.slice(2), thisProgram: 'verdict' });
