import { createApp, passOnTo, serve } from './express-peer.ts'
import { settings } from './settings.ts'

/** What the other express peers do when they know who it is. */
const app = createApp()
app.use(passOnTo(settings.target))
await serve(app)
