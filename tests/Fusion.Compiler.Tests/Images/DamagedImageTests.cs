using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class DamagedImageTests
{
    private static readonly byte[][] Cubins = [.. TestImages.Cubins.Select(c => TestImages.Cubin(c[0], c[1]))];
    private static readonly string Ptx = TestImages.Ptx("12.4");

    // Whether reading ends, with a result or with the one exception that it may throw.
    private static bool Ends(Action read)
    {
        try
        {
            read();
        }
        catch (InvalidDataException e)
        {
            return e.Message.Length > 0;
        }

        return true;
    }

    [FsCheck.NUnit.Property]
    public bool RandomBytesAreNoCubin(byte[] bytes) => Ends(() => CubinReader.Read(bytes));

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool RandomBytesBehindARightHeaderDoNoHarm(byte[] bytes) =>
        Ends(() => CubinReader.Read([.. Cubins[0].AsSpan(0, 64), .. bytes]));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool ACutOffCubinIsAnError(ushort which, uint length)
    {
        var cubin = Cubins[which % Cubins.Length];
        var cut = cubin.AsSpan(0, (int)(length % cubin.Length)).ToArray();
        return Ends(() => CubinReader.Read(cut));
    }

    [Test]
    public void ACubinCutAnywhereInItsSectionHeadersIsAnErrorThatSaysSo()
    {
        var headers = (int)BitConverter.ToUInt64(Cubins[0], 40);
        foreach (var length in new[] { 64, headers, headers + 63 })
        {
            Assert.That(
                () => CubinReader.Read(Cubins[0][..length]),
                Throws.TypeOf<InvalidDataException>().With.Message.Contains("cut off"), $"{length}");
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool ACubinWithAWrongByteDoesNoHarm(ushort which, uint place, byte value)
    {
        var cubin = Cubins[which % Cubins.Length].ToArray();
        // Two of three go where the structure is: the first bytes and the section headers.
        var headers = BitConverter.ToUInt64(cubin, 40);
        var start = (place % 3) switch { 0 => 0UL, 1 => headers, _ => place };
        cubin[(start + (place / 3 % 2048)) % (ulong)cubin.Length] = value;
        return Ends(() => CubinReader.Read(cubin));
    }

    [FsCheck.NUnit.Property]
    public bool RandomTextIsNoPtx(string? text) => Ends(() => PtxReader.Read(text ?? ""));

    [FsCheck.NUnit.Property]
    public bool ACutOffPtxDoesNoHarm(uint length, string? tail) =>
        Ends(() => PtxReader.Read(Ptx[..(int)(length % Ptx.Length)] + tail));

    [TestCase(new byte[] { }, "no ELF file (0 bytes)")]
    [TestCase(new byte[] { 1, 2, 3 }, "no ELF file (3 bytes)")]
    public void AForeignFileIsAnErrorThatSaysSo(byte[] bytes, string part) =>
        Assert.That(() => CubinReader.Read(bytes), Throws.TypeOf<InvalidDataException>().With.Message.Contains(part));

    [Test]
    public void AProgramOfTheHostIsNoCubin()
    {
        var program = Cubins[0].ToArray();
        program[18] = 62;
        Assert.That(
            () => CubinReader.Read(program),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("machine 62, expected 190"));
    }
}
