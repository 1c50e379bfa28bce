#!/usr/bin/env node
import '../../dist/gocli-ts/src/main.js';
