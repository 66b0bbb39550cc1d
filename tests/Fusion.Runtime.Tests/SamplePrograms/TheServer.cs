using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Fusion.Runtime.Tests.SamplePrograms;

/// <summary>The sample of a server's loop, with ranks on the CPU.</summary>
public sealed partial class TheServer
{
    private const int Hidden = 1024;

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void AnswersEachRequestWithItsRowWhateverTheBatch(int ranks)
    {
        var (exitCode, output) = SampleProgram.Run("Server", $"--on cpu --ranks {ranks} --requests 20");

        Assert.That(exitCode, Is.Zero, output);
        for (var id = 0; id < 20; id++) Assert.That(output, Does.Contain($"request {id}: {Expected(id, ranks)}\n"));
        var batches = Batches(output, "20 answered, 0 failed, 0 cancelled");
        Assert.That(batches, Is.InRange(3, 19), "at most 8 a batch, and not all alone");
    }

    [Test]
    public void GoesOnAfterABatchThatARankMissed()
    {
        var (exitCode, output) = SampleProgram.Run("Server", "--on cpu --requests 20 --drill 1");

        Assert.That(exitCode, Is.Zero, output);
        var failed = Failed().Count(output);
        Assert.That(failed, Is.InRange(1, 8), output);
        Batches(output, $"{20 - failed} answered, {failed} failed, 0 cancelled");
        Assert.That(output, Does.Contain($"request 0: {Expected(0, 2)}\n").And.Contain($"request 19: {Expected(19, 2)}\n"));
    }

    [Test]
    public void EndsEveryRequestWhenItIsStopped()
    {
        var (exitCode, output) = SampleProgram.Run("Server", "--on cpu --requests 2000 --stop-after 5");

        Assert.That(exitCode, Is.Zero, output);
        var cancelled = Regex.Count(output, "^request [0-9]+: cancelled$", RegexOptions.Multiline);
        Assert.That(cancelled, Is.InRange(1, 1995));
        Batches(output, $"{2000 - cancelled} answered, 0 failed, {cancelled} cancelled");
    }

    [Test]
    public void SaysWhyItCannotStart()
    {
        var (exitCode, output) = SampleProgram.Run("Server", "--on cpu --ranks 9");

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(output, Does.StartWith("FUSION4001: "));
    }

    private static int Batches(string output, string summary)
    {
        Assert.That(output, Does.Match($"\n{summary}, in [0-9]+ batches\n$"));
        return int.Parse(Regex.Match(output, "in ([0-9]+) batches").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    // The request alone, by the reference.
    private static string Expected(int request, int ranks)
    {
        using var op = new CpuOperation(ranks);
        var row = op.Buffer(0, new Float8E4M3[Hidden]);
        AllReduceReference.Run(ElementType.BFloat16, [.. Enumerable.Range(0, ranks).Select(rank => new AllReduceCall
        {
            Input = Tensor(rank, i => (((i * 5) + (request * 3) + (rank * 7)) % 31 * 0.125f) - 2),
            Residual = Tensor(rank, i => ((i + request) % 23 * 0.125f) - 1),
            Norm = Normalization.Rms(Tensor(rank, i => 1 + (i % 4 * 0.25f)), 1e-5f),
            Quantization = Quantization.StaticFp8(op.Buffer(rank, 0.0625f).AsTensor(1, 1)),
            QuantOut = (rank == 0 ? row : op.Buffer(rank, new Float8E4M3[Hidden])).AsTensor(1, Hidden),
        })]);
        var codes = new Float8E4M3[Hidden];
        row.CopyTo(codes);
        return $"{string.Join(' ', codes.Take(4))} … {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(codes.AsSpan())))[..16]}";

        DeviceTensor Tensor(int rank, Func<int, float> value) =>
            op.Buffer(rank, Enumerable.Range(0, Hidden).Select(i => (BFloat16)value(i)).ToArray()).AsTensor(1, Hidden);
    }

    [GeneratedRegex("^request [0-9]+: FUSION4005$", RegexOptions.Multiline)]
    private static partial Regex Failed();
}
