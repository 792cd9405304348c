// Scenarios of node-postgres with named queries, two servers behind many clients.
// Run as: node named.js CONNECTION_STRING SCENARIO
'use strict'

const assert = require('node:assert/strict')
const { Client, Pool, Query } = require('pg')

const [connectionString, scenario] = process.argv.slice(2)
const CLIENTS = 10
const ROUNDS = 20

async function connected(number, work) {
  const clients = Array.from({ length: number }, () => new Client({ connectionString }))
  await Promise.all(clients.map((client) => client.connect()))
  try {
    await work(...clients)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

async function value(client, name, text, ...values) {
  const result = await client.query({ name, text, values, rowMode: 'array' })
  assert.equal(result.rows.length, 1)
  return result.rows[0][0]
}

async function fails(code, promise) {
  await assert.rejects(promise, { code })
}

const scenarios = {
  // A name is parsed once in a client, and good on every server.
  async 'a name is good on every server'() {
    await connected(2, async (one, other) => {
      await one.query('BEGIN')
      await other.query('SELECT 1')
      await one.query('COMMIT')
      const pids = []
      for (let n = 0; n < ROUNDS; n++) {
        pids.push(await value(one, 'pid', 'SELECT pg_backend_pid() + 0 * $1::int', n))
      }
      assert.equal(new Set(pids).size, 2)
    })
  },

  // The same name means something else to each, and so it stays.
  async 'the same name in many clients'() {
    await connected(CLIENTS, async (...clients) => {
      const work = clients.map(async (client, number) => {
        for (let n = 0; n < ROUNDS; n++) {
          const own = `SELECT $1::int * 100 + ${number}`
          assert.equal(await value(client, 'own', own, n), n * 100 + number)
          assert.equal(await value(client, 'shared', 'SELECT $1::int', n), n)
          const text = `SELECT $1::text || '${number % 3}'`
          assert.equal(await value(client, `n${n % 4}`, text, `${n} `), `${n} ${number % 3}`)
        }
      })
      await Promise.all(work)
    })
  },

  // The driver sends the next one when the one before is answered.
  async 'many queries queued in each client'() {
    await connected(CLIENTS, async (...clients) => {
      const all = clients.flatMap((client, number) =>
        Array.from({ length: ROUNDS }, async (_, n) => {
          const text = `SELECT $1::int + ${number}`
          assert.equal(await value(client, `q${n % 3}`, text, n), n + number)
        }),
      )
      await Promise.all(all)
    })
  },

  async 'values of many types'() {
    await connected(1, async (client) => {
      for (let n = 0; n < 6; n++) {
        const text = 'SELECT $1::int, $2::text, $3::bytea, $4::jsonb, $5::int[], $6::text'
        const given = [n, 'x'.repeat(50000), Buffer.from([0, 1, n]), { n }, [1, n], null]
        const result = await client.query({ name: 'types', text, values: given, rowMode: 'array' })
        assert.deepEqual(result.rows, [given])
      }
    })
  },

  async 'errors leave the names as they were'() {
    await connected(CLIENTS, async (...clients) => {
      const work = clients.map(async (client, number) => {
        const table = `SELECT i FROM made_later_${number} WHERE i = $1`
        const divide = `SELECT ${number} / $1::int`
        for (let n = 0; n < 4; n++) {
          // Refused by Parse: the name is not taken.
          await fails('42P01', client.query({ name: 'table', text: table, values: [1] }))
          // Refused by Execute and by Bind: it is.
          await fails('22012', client.query({ name: 'divide', text: divide, values: [0] }))
          await fails('22P02', client.query({ name: 'divide', text: divide, values: ['x'] }))
          assert.equal(await value(client, 'divide', divide, 1), number)
        }
        await client.query(`CREATE TABLE made_later_${number} AS SELECT 7 AS i`)
        for (let n = 0; n < 4; n++) assert.equal(await value(client, 'table', table, 7), 7)
      })
      await Promise.all(work)
    })
  },

  async 'transactions are kept or rolled back as a whole'() {
    await connected(CLIENTS, async (...clients) => {
      await clients[0].query('CREATE TABLE t (who int, n int)')
      const work = clients.map(async (client, number) => {
        const store = (n) =>
          client.query({ name: 'store', text: 'INSERT INTO t VALUES ($1, $2)', values: [number, n] })
        for (let n = 0; n < ROUNDS; n++) {
          await client.query('BEGIN')
          await store(n)
          if (n % 4 === 1) {
            await client.query('ROLLBACK')
          } else if (n % 4 === 2) {
            await fails('22012', value(client, 'divide', 'SELECT 1 / $1::int', 0))
            await fails('25P02', store(n))
            await client.query('ROLLBACK')
          } else {
            await client.query('SAVEPOINT s')
            await store(-n)
            await client.query('ROLLBACK TO s')
            await client.query('COMMIT')
          }
        }
        const text = 'SELECT array_agg(n ORDER BY n) FROM t WHERE who = $1'
        const kept = Array.from({ length: ROUNDS }, (_, n) => n)
        const expected = kept.filter((n) => n % 4 === 0 || n % 4 === 3)
        assert.deepEqual(await value(client, 'kept', text, number), expected)
      })
      await Promise.all(work)
    })
  },

  // Execute with a row limit and Flush, as often as needed, then Sync.
  async 'rows are fetched piece by piece'() {
    await connected(CLIENTS, async (...clients) => {
      const fetch = (client, number) =>
        new Promise((resolve, reject) => {
          const text = 'SELECT generate_series(1, $1::int) AS i'
          const query = new Query({ name: 'pieces', text, values: [number], rows: 10 })
          let sum = 0
          query.on('row', (row) => (sum += row.i))
          query.on('error', reject)
          query.on('end', () => resolve(sum))
          client.query(query)
        })
      const work = clients.map(async (client, number) => {
        for (let n = 95; n < 100; n++) {
          assert.equal(await fetch(client, n + number), ((n + number) * (n + number + 1)) / 2)
        }
      })
      await Promise.all(work)
    })
  },

  async 'the pool of the driver'() {
    const pool = new Pool({ connectionString, max: CLIENTS })
    const work = Array.from({ length: 20 * CLIENTS }, async (_, n) => {
      const text = `SELECT ${n % 7} + $1::int`
      assert.equal(await value(pool, `p${n % 7}`, text, n), (n % 7) + n)
    })
    await Promise.all(work)
    assert.equal(pool.totalCount, CLIENTS)
    await pool.end()
  },
}

scenarios[scenario]().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
