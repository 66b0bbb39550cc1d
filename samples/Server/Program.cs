using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fusion.Runtime;
using Server;

const int Hidden = 1024;

var ranks = new Option<int>("--ranks") { Description = "Number of ranks: 1 to 8, or 16.", DefaultValueFactory = _ => 2 };
var count = new Option<int>("--requests") { Description = "Number of requests, all sent at once.", DefaultValueFactory = _ => 20 };
var stopAfter = new Option<int>("--stop-after") { Description = "Number of answers after which the server is stopped.", DefaultValueFactory = _ => int.MaxValue };
var drill = new Option<int>("--drill") { Description = "Batch, from 0, that the last rank misses.", DefaultValueFactory = _ => -1 };
var on = new Option<string>("--on") { Description = "Where the ranks are.", DefaultValueFactory = _ => "auto" };
on.AcceptOnlyFromAmong("auto", "gpu", "cpu");

var command = new RootCommand("A server that computes requests in batches with a fused all-reduce.") { ranks, count, stopAfter, drill, on };
command.SetAction(async (line, cancellationToken) =>
{
    try
    {
        await using var group = Open(line.GetValue(on)!, line.GetValue(ranks));
        await ServeAsync(group, line.GetValue(count), line.GetValue(stopAfter), line.GetValue(drill), cancellationToken);
        return 0;
    }
    catch (Exception e) when (e is IFusionError)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
});
return await command.Parse(args).InvokeAsync();

static RankGroup Open(string place, int ranks) =>
    place == "cpu" || (place == "auto" && GpuDevice.Count == 0) ? RankGroup.OnCpu(ranks) : RankGroup.Loopback(ranks);

static async Task ServeAsync(RankGroup group, int requests, int stopAfter, int drill, CancellationToken cancellationToken)
{
    var answers = new Task<Float8E4M3[]>[requests];
    var answered = 0;
    int batches;
    var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    await using (var server = new BatchServer(group, Hidden, TimeSpan.FromSeconds(0.5), drill))
    {
        for (var id = 0; id < requests; id++) answers[id] = AskAsync(server, id);
        await Task.WhenAny(Task.WhenAll(answers), enough.Task);
        batches = server.Batches;
    }

    // The server has ended every request: with its row, with a failure, or cancelled.
    await ((Task)Task.WhenAll(answers)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    for (var id = 0; id < requests; id++) Console.WriteLine($"request {id}: {Text(answers[id])}");
    Console.WriteLine(
        $"{answers.Count(task => task.IsCompletedSuccessfully)} answered, {answers.Count(task => task.IsFaulted)} failed, " +
        $"{answers.Count(task => task.IsCanceled)} cancelled, in {batches} batches");

    async Task<Float8E4M3[]> AskAsync(BatchServer server, int id)
    {
        var row = await server.AskAsync(id, cancellationToken);
        if (Interlocked.Increment(ref answered) == stopAfter) enough.SetResult();
        return row;
    }
}

static string Text(Task<Float8E4M3[]> answer) =>
    answer.IsCanceled ? "cancelled"
    : answer.Exception?.InnerException is IFusionError failure ? failure.Code
    : $"{string.Join(' ', answer.Result.Take(4))} … {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(answer.Result.AsSpan())))[..16]}";
