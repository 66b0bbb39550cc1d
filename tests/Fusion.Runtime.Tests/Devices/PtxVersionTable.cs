namespace Fusion.Runtime.Tests.Devices;

public sealed class PtxVersionTable
{
    [TestCase("11.8", "7.8")]
    [TestCase("12.0", "8.0")]
    [TestCase("12.4", "8.4")]
    [TestCase("12.5", "8.5")]
    [TestCase("12.6", "8.5")]
    [TestCase("12.7", "8.6")]
    [TestCase("12.8", "8.7")]
    [TestCase("12.9", "8.8")]
    [TestCase("13.0", "9.0")]
    public void ADriverTakesThePtxOfItsCuda(string driver, string ptx)
    {
        Assert.That(PtxVersions.ForDriver(Version.Parse(driver)), Is.EqualTo(Version.Parse(ptx)));
        Assert.That(PtxVersions.LimitFor(Version.Parse(driver)), Is.EqualTo(Version.Parse(ptx)));
    }

    [TestCase("12.10", "8.8")]
    [TestCase("99.0", "9.4")]
    [TestCase("10.2", "6.5")]
    public void AnUnknownDriverCountsAsTheLastOneBeforeIt(string driver, string ptx) =>
        Assert.That(PtxVersions.ForDriver(Version.Parse(driver)), Is.EqualTo(Version.Parse(ptx)));

    [Test]
    public void ADriverNewerThanTheTableHasNoLimit() => Assert.That(PtxVersions.LimitFor(new(99, 0)), Is.Null);

    [FsCheck.NUnit.Property]
    public bool ANewerDriverNeverTakesLess(byte major, byte minor, byte laterMajor, byte laterMinor)
    {
        Version first = new(major % 16, minor % 10), second = new(laterMajor % 16, laterMinor % 10);
        return first > second || PtxVersions.ForDriver(first) <= PtxVersions.ForDriver(second);
    }

    [TestCase("8.4", "CUDA 12.4 or newer (series 550)")]
    [TestCase("8.5", "CUDA 12.5 or newer (series 555)")]
    [TestCase("9.0", "CUDA 13.0 or newer (series 580)")]
    [TestCase("99.0", "newer than CUDA")]
    public void PtxNamesTheDriverThatItNeeds(string ptx, string words) =>
        Assert.That(PtxVersions.DriverFor(Version.Parse(ptx)), Does.Contain(words));
}
